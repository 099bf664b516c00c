"""What goes in and out for grants."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from modelyard.application.ports.access import StoredGrant
from modelyard.domain.access.grant import Grant, Subject, SubjectKind
from modelyard.domain.access.role import Role
from modelyard.domain.names import MAX_KEY
from modelyard.presentation.api.fields import Actor, Input, ModelPattern, Moment, Output

_SUBJECT = r"^(account|group):[^/:*\x00-\x1f\x7f]+$"


def _of_subject(text: str) -> str:
    if not re.fullmatch(_SUBJECT, text):
        raise ValueError("should be `account:` or `group:` and a name, such as group:risk")
    return text


SubjectText = Annotated[
    str,
    AfterValidator(_of_subject),
    Field(
        min_length=1,
        max_length=MAX_KEY + 8,
        description="`account:` or `group:` and its name",
        examples=["group:risk"],
        json_schema_extra={"format": "subject", "pattern": _SUBJECT},
    ),
]


def subject_of(text: str) -> Subject:
    """What the pattern has let pass."""
    kind, _, name = text.partition(":")
    return Subject(kind=SubjectKind(kind), name=name)


class GrantCreate(Input):
    """A role for somebody, in models."""

    subject: SubjectText
    models: ModelPattern
    role: Annotated[Role, Field(strict=False)]

    def grant(self) -> Grant:
        """In the domain's terms."""
        return Grant(subject=subject_of(self.subject), models=self.models, role=self.role)


class GrantRead(Output):
    """A grant that is in force."""

    id: int = Field(examples=[5])
    subject: SubjectText
    models: ModelPattern
    role: Role
    created_at: Moment
    created_by: Actor

    @classmethod
    def of(cls, stored: StoredGrant) -> "GrantRead":
        """As it is shown."""
        return cls(
            id=stored.id,
            subject=str(stored.grant.subject),
            models=stored.grant.models,
            role=stored.grant.role,
            created_at=stored.created_at,
            created_by=stored.created_by,
        )


class GrantList(Output):
    """Grants, in the order in which they were made."""

    items: list[GrantRead]
