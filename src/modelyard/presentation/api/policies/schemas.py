"""What goes in and out for policies."""

from typing import Annotated, Any

from pydantic import Field
from pydantic.config import JsonDict

from modelyard.application.ports.policies import StoredPolicy
from modelyard.application.services.governing import Governing
from modelyard.domain.gates.parser import MAX_CHARACTERS
from modelyard.domain.lifecycle import Stage
from modelyard.domain.policy import MAX_APPROVALS, MAX_GATE_NAME, MAX_GATES, Policy, policy_of
from modelyard.presentation.api.fields import WHOLE, Actor, Input, Moment, Output, Revision

StageName = Annotated[Stage, Field(strict=False)]
_TARGETS: JsonDict = {"enum": [*Stage, "rollback"]}
_TRANSITIONS: JsonDict = {"draft": ["staging", "archived"], "staging": ["draft", "production", "archived"]}
_GATES: JsonDict = {"production": [{"name": "good enough", "expression": "metric.auc@holdout >= 0.9"}]}


class GateWrite(Input):
    """A condition with a name, that a version has to fulfil."""

    name: str = Field(min_length=1, max_length=MAX_GATE_NAME, examples=["good enough"])
    expression: str = Field(
        max_length=MAX_CHARACTERS,
        examples=["metric.auc@holdout >= 0.9"],
        json_schema_extra={"format": "condition"},
    )


class PolicyWrite(Input):
    """What the versions of a model may do, and what they need for it. What is left out is as in the built-in policy."""

    transitions: dict[StageName, list[StageName]] = Field(
        default={},
        description="Where versions may go, by the stage that they leave",
        examples=[_TRANSITIONS],
        json_schema_extra={"format": "transitions"},
    )
    exclusive: list[StageName] | None = Field(
        default=None,
        description="Stages that hold one version at a time: of staging and production. Without it: production",
        examples=[["production"]],
        json_schema_extra={"items": {"type": "string", "enum": [Stage.STAGING, Stage.PRODUCTION]}},
    )
    gates: dict[str, Annotated[list[GateWrite], Field(max_length=MAX_GATES)]] = Field(
        default={},
        description="By the stage that a version enters, or `rollback`",
        examples=[_GATES],
        json_schema_extra={"propertyNames": _TARGETS},
    )
    approvals: dict[str, Annotated[int, Field(ge=0, le=MAX_APPROVALS), WHOLE]] = Field(
        default={},
        description="How many people have to approve, by the stage that a version enters, or `rollback`",
        examples=[{"production": 1}],
        json_schema_extra={"propertyNames": _TARGETS},
    )

    def policy(self) -> Policy:
        """The policy in the domain's terms."""
        return policy_of(self.model_dump(mode="json"))


class GateDocument(Output):
    """A gate of a policy."""

    name: str = Field(examples=["good enough"])
    expression: str = Field(examples=["metric.auc@holdout >= 0.9"])


class PolicyRead(Output):
    """A policy, whole."""

    pattern: str | None = Field(description="The glob of names that it is for", examples=["fraud.*"])
    transitions: dict[str, list[Stage]] = Field(examples=[_TRANSITIONS])
    exclusive: list[Stage] = Field(examples=[["production"]])
    gates: dict[str, list[GateDocument]] = Field(examples=[_GATES])
    approvals: dict[str, int] = Field(examples=[{"production": 1}])
    updated_at: Moment | None = Field(description="Null for the built-in policy")
    updated_by: Actor | None
    revision: Revision | None

    @classmethod
    def of(cls, stored: StoredPolicy) -> "PolicyRead":
        """Read it from what is kept."""
        return cls(**_document(stored.policy, stored))


class GoverningRead(PolicyRead):
    """The policy that holds for a model, and why."""

    source: str = Field(
        description="`model`: its own; `pattern`: that of the most specific glob that its name matches; `built-in`",
        examples=["pattern"],
        json_schema_extra={"enum": ["model", "pattern", "built-in"]},
    )
    overridden: list[str] = Field(description="Less specific globs, the next best first", examples=[["*"]])

    @classmethod
    def governing(cls, held: Governing) -> "GoverningRead":
        """Read it from what holds."""
        stored = held.stored
        source = "built-in" if stored is None else "pattern" if stored.pattern is not None else "model"
        return cls(**_document(held.policy, stored), source=source, overridden=list(held.overridden))


class PolicyList(Output):
    """All policies of globs."""

    items: list[PolicyRead]


def _document(policy: Policy, stored: StoredPolicy | None) -> dict[str, Any]:
    return {
        **policy.document(),
        "pattern": stored.pattern if stored else None,
        "updated_at": stored.updated_at if stored else None,
        "updated_by": stored.updated_by if stored else None,
        "revision": stored.revision if stored else None,
    }
