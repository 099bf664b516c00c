"""What goes in and out for groups."""

from pydantic import Field

from modelyard.domain.access.account import Group
from modelyard.presentation.api.fields import AccountName, Actor, Description, Input, Moment, Output, Revision


class GroupCreate(Input):
    """A new group."""

    name: AccountName
    description: Description = ""


class GroupRead(Output):
    """A group."""

    name: AccountName
    description: Description
    members: list[AccountName] = Field(examples=[["ana"]])
    created_at: Moment
    created_by: Actor
    updated_at: Moment
    updated_by: Actor
    revision: Revision

    @classmethod
    def of(cls, group: Group) -> "GroupRead":
        """As it is shown."""
        return cls.model_validate(group)


class GroupList(Output):
    """All groups, by name."""

    items: list[GroupRead]
