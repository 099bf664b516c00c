"""What goes in for passwords; they come out nowhere."""

from typing import Annotated

from pydantic import Field

from modelyard.domain.access.password import MAX_PASSWORD, MIN_PASSWORD
from modelyard.presentation.api.fields import Input

Password = Annotated[
    str,
    Field(
        description=f"{MIN_PASSWORD} to {MAX_PASSWORD:,} characters",
        examples=["seven green bicycles"],
        json_schema_extra={"format": "password", "minLength": MIN_PASSWORD, "maxLength": MAX_PASSWORD},
    ),
]


class PasswordSet(Input):
    """A password for somebody."""

    password: Password


class PasswordChange(PasswordSet):
    """A password for oneself."""

    current: str | None = Field(
        default=None, max_length=MAX_PASSWORD, description="The one that one has; without: there is none yet"
    )
