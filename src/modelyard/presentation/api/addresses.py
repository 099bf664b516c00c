"""The parameters that stand in addresses. Their rules are the domain's, and only told here."""

from typing import Annotated, Any

from fastapi import Path

from modelyard.domain.json_value import MAX_INTEGER
from modelyard.domain.lifecycle import Stage
from modelyard.domain.names import MAX_ALIAS, MAX_KEY, MAX_MODEL_NAME

_ALIAS = rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{MAX_ALIAS - 1}}}"
_STAGES = "|".join(Stage)


def _told(description: str, example: str, **schema: Any) -> Any:  # noqa: ANN401 - FastAPI has no type for it
    return Path(description=description, examples=[example], json_schema_extra=schema)


ModelPath = Annotated[
    str, _told("The model's name", "churn", format="model-name", minLength=1, maxLength=MAX_MODEL_NAME)
]
PatternPath = Annotated[
    str,
    _told(
        "A glob of model names: `*` stands for any characters",
        "fraud.*",
        format="model-pattern",
        minLength=1,
        maxLength=MAX_MODEL_NAME,
    ),
]
RequestPath = Annotated[int, Path(description="The request's id", examples=[7], ge=1, le=MAX_INTEGER)]
WebhookPath = Annotated[int, Path(description="The webhook's id", examples=[3], ge=1, le=MAX_INTEGER)]
DeliveryPath = Annotated[int, Path(description="The delivery's id", examples=[42], ge=1, le=MAX_INTEGER)]
AccountPath = Annotated[str, _told("The account's name", "ana", format="account-name", minLength=1, maxLength=MAX_KEY)]
GroupPath = Annotated[str, _told("The group's name", "risk", format="account-name", minLength=1, maxLength=MAX_KEY)]
GrantPath = Annotated[int, Path(description="The grant's id", examples=[5], ge=1, le=MAX_INTEGER)]
WorkloadIdentityPath = Annotated[int, Path(description="The rule's id", examples=[3], ge=1, le=MAX_INTEGER)]
TokenPath = Annotated[int, Path(description="The token's id", examples=[9], ge=1, le=MAX_INTEGER)]
VersionRef = Annotated[
    str,
    _told(
        "A number (`7`), a stage (`production`: the version that entered it last), `latest`, or an alias (`@champion`)",
        "4",
        pattern=rf"^([1-9][0-9]{{0,8}}|{_STAGES}|latest|@{_ALIAS})$",
    ),
]
AliasPath = Annotated[str, _told("The alias, without `@`", "champion", pattern=f"^{_ALIAS}$")]
FilePath = Annotated[str, _told("The file's path in the version", "model.joblib", format="file-path", minLength=1)]
DigestPath = Annotated[
    str,
    _told(
        "sha256 of the bytes",
        "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        pattern="^sha256:[0-9a-f]{64}$",
    ),
]
UploadPath = Annotated[str, _told("The upload's id", "nXv0Yq3mZ0e5hTgW1uKc8sRpLd2aFb7i", minLength=1)]
MetricPath = Annotated[str, _told("The metric's name", "auc", format="metric-name", minLength=1, maxLength=MAX_KEY)]
