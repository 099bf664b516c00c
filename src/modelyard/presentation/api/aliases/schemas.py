"""What goes in and out for aliases."""

from pydantic import Field

from modelyard.presentation.api.fields import Input, ModelName, Moment, Output


class AliasPoint(Input):
    """Where an alias is to point."""

    version: int = Field(ge=1, le=999_999_999, examples=[4])


class AliasRead(Output):
    """An alias."""

    model: ModelName
    name: str = Field(examples=["champion"])
    version: int = Field(examples=[4])
    updated_at: Moment
    updated_by: str
    revision: int


class AliasList(Output):
    """All aliases of a model."""

    items: list[AliasRead]
