"""What goes in and out for aliases."""

from pydantic import Field

from modelyard.presentation.api.fields import Actor, Input, ModelName, Moment, Output, Reason, Revision, VersionNumber


class AliasPoint(Input):
    """Where an alias is to point."""

    version: VersionNumber
    reason: Reason = ""


class AliasRead(Output):
    """An alias."""

    model: ModelName
    name: str = Field(examples=["champion"])
    version: VersionNumber
    updated_at: Moment
    updated_by: Actor
    revision: Revision


class AliasList(Output):
    """All aliases of a model."""

    items: list[AliasRead]
