"""What goes in and out for models."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from modelyard.domain.registered_model import ModelDraft, ModelPatch
from modelyard.presentation.api.fields import (
    Actor,
    Description,
    Highlights,
    Input,
    ModelName,
    Moment,
    NextCursor,
    Output,
    Revision,
    TagPatch,
    Tags,
    Total,
    VersionNumber,
)


class ModelCreate(Input):
    """A new model."""

    name: ModelName
    description: Description = ""
    tags: Tags = Field(default_factory=dict)

    def draft(self) -> ModelDraft:
        """The model in the domain's terms."""
        return ModelDraft(name=self.name, description=self.description, tags=self.tags)


class ModelUpdate(Input):
    """A change (JSON Merge Patch): fields that are left out stay; `null` removes a tag, and empties the description."""

    description: Description | None = Field(default_factory=str)
    tags: TagPatch = Field(default_factory=dict)

    def patch(self) -> ModelPatch:
        """The change in the domain's terms."""
        description = (self.description or "") if "description" in self.model_fields_set else None
        return ModelPatch(description=description, tags=self.tags)


class ModelRename(Input):
    """Another name."""

    name: Annotated[ModelName, Field(examples=["churn-eu"])]


class ModelRead(Output):
    """A model."""

    name: ModelName
    description: Description
    tags: Tags
    latest_version: VersionNumber | None = Field(description="The highest version number")
    production: list[VersionNumber] = Field(description="The numbers of the versions in production", examples=[[3]])
    created_at: Moment
    created_by: Actor
    updated_at: Moment
    updated_by: Actor
    revision: Revision


class ModelPage(Output):
    """A page of models."""

    items: list[ModelRead]
    next_cursor: NextCursor
    total: Total = None
    highlights: Highlights = None


class Deleted(BaseModel):
    """What a deletion frees."""

    model_config = ConfigDict(extra="forbid")

    freed_bytes: int = Field(
        description="Bytes that nothing refers to any more; the collector frees them", examples=[48213]
    )
