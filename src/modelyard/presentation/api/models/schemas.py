"""What goes in and out for models."""

from pydantic import BaseModel, ConfigDict, Field

from modelyard.domain.registered_model import ModelDraft, ModelPatch
from modelyard.presentation.api.fields import Input, ModelName, Moment, Output, TagPatch, Tags


class ModelCreate(Input):
    """A new model."""

    name: ModelName
    description: str = Field(default="", max_length=20_000, examples=["Who will leave next month"])
    tags: Tags = Field(default={})

    def draft(self) -> ModelDraft:
        """The model in the domain's terms."""
        return ModelDraft(name=self.name, description=self.description, tags=self.tags)


class ModelUpdate(Input):
    """A change (JSON Merge Patch): fields that are left out stay; a tag of `null` is removed."""

    description: str | None = Field(default=None, max_length=20_000)
    tags: TagPatch = Field(default={})

    def patch(self) -> ModelPatch:
        """The change in the domain's terms."""
        return ModelPatch(description=self.description, tags=self.tags)


class ModelRename(Input):
    """Another name."""

    name: ModelName


class ModelRead(Output):
    """A model."""

    name: ModelName
    description: str
    tags: Tags
    latest_version: int | None = Field(description="The highest version number", examples=[4])
    production: list[int] = Field(description="The numbers of the versions in production", examples=[[3]])
    created_at: Moment
    created_by: str
    updated_at: Moment
    updated_by: str
    revision: int


class ModelPage(Output):
    """A page of models."""

    items: list[ModelRead]
    next_cursor: str | None
    total: int | None = Field(default=None, description="With `count=true`: how many there are, up to 10,000")


class Deleted(BaseModel):
    """What a deletion frees."""

    model_config = ConfigDict(extra="forbid")

    freed_bytes: int = Field(description="Bytes that nothing refers to any more; the collector frees them")
