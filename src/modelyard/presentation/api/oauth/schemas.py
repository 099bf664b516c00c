"""What goes in and out where tokens are asked for in the ways of OAuth: forms in, JSON out."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import Field

from modelyard.domain.access.device import MAX_CLIENT
from modelyard.domain.access.token import Scope, Secret, Token, in_order
from modelyard.presentation.api.fields import Output
from modelyard.presentation.http.form_body import FORM_TYPE

DEVICE_CODE: Final = "urn:ietf:params:oauth:grant-type:device_code"
TOKEN_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - a kind
ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a kind
SUBJECT_TOKEN_TYPES: Final = ("urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token")
MAX_TOKEN: Final = 32 * 1024

_SCOPE: Final = {
    "type": "string",
    "description": f"After spaces: {', '.join(Scope)}. Without: read write promote",
    "examples": ["read write"],
    "pattern": f"^({'|'.join(Scope)})( ({'|'.join(Scope)}))*$",
}


class DeviceAuthorization(Output):
    """Two codes (RFC 8628, section 3.2): the program keeps one and shows the other."""

    device_code: str = Field(examples=["GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS"])
    user_code: str = Field(description="What somebody types at the address, or compares there", examples=["WDJB-MJHT"])
    verification_uri: str = Field(examples=["https://models.example/device"])
    verification_uri_complete: str = Field(examples=["https://models.example/device?code=WDJB-MJHT"])
    expires_in: int = Field(description="Seconds", examples=[600])
    interval: int = Field(description="Seconds between two questions", examples=[2])


class AccessToken(Output):
    """A token (RFC 6749, section 5.1), which is shown only here."""

    access_token: str = Field(examples=["mdy_EXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE0000000"])
    issued_token_type: Literal["urn:ietf:params:oauth:token-type:access_token"] = ACCESS_TOKEN
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a kind
    expires_in: int = Field(description="Seconds", examples=[900])
    scope: str = Field(examples=["read write"])
    account: str = Field(description="Whose it is", examples=["ana"])

    @classmethod
    def of(cls, token: Token, secret: Secret) -> "AccessToken":
        """As it is shown once. Those that are given out here end."""
        end = token.draft.expires_at or token.created_at
        return cls(
            access_token=secret.text,
            expires_in=round((end - token.created_at).total_seconds()),
            scope=" ".join(in_order(token.draft.scopes)),
            account=token.account,
        )


def _form(example: Mapping[str, str], required: list[str], **fields: Mapping[str, Any]) -> Mapping[str, Any]:
    schema = {"type": "object", "required": required, "properties": fields}
    return {"required": True, "content": {FORM_TYPE: {"schema": schema, "example": example}}}


DEVICE_FORM = _form(
    {"client_id": "modelyard on laptop", "scope": "read write"},
    ["client_id"],
    client_id={
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_CLIENT,
        "description": "What the program calls itself; whoever allows it is told",
        "examples": ["modelyard on laptop"],
        "format": "key",
    },
    scope=_SCOPE,
)
TOKEN_FORM = _form(
    {"grant_type": DEVICE_CODE, "device_code": "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS"},
    ["grant_type"],
    grant_type={"type": "string", "enum": [DEVICE_CODE, TOKEN_EXCHANGE]},
    device_code={"type": "string", "description": "Of a program that somebody allows in a browser"},
    subject_token={"type": "string", "description": "What the platform says of a workload, as a JSON Web Token"},
    subject_token_type={"type": "string", "enum": [*SUBJECT_TOKEN_TYPES]},
    account={"type": "string", "description": "As which service, where the workload may act as several"},
)
