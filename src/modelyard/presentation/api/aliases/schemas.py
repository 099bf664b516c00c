"""What goes in and out for aliases."""

from pydantic import Field

from modelyard.application.ports.aliases import Alias
from modelyard.presentation.api.fields import Actor, Input, ModelName, Moment, Output, Reason, Revision, VersionNumber


class AliasPoint(Input):
    """Where an alias is to point, and whether it is protected from then on."""

    version: VersionNumber
    protected: bool | None = Field(default=None, description="Left out or null: as it is; a new alias is not protected")
    reason: Reason = ""


class AliasRead(Output):
    """An alias."""

    model: ModelName
    name: str = Field(examples=["champion"])
    version: VersionNumber
    protected: bool = Field(
        description="Whether moving it, deleting it and lifting this needs `aliases:move-protected`"
    )
    updated_at: Moment
    updated_by: Actor
    revision: Revision

    @classmethod
    def of(cls, alias: Alias) -> "AliasRead":
        """As it is shown."""
        return cls(
            model=alias.model,
            name=alias.name,
            version=alias.version,
            protected=alias.is_protected,
            updated_at=alias.updated_at,
            updated_by=alias.updated_by,
            revision=alias.revision,
        )


class AliasList(Output):
    """All aliases of a model."""

    items: list[AliasRead]
