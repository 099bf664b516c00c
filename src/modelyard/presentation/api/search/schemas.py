"""What goes in and out where a search is explored."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from modelyard.application.queries.exploring import FACETED, MAX_SUGGESTIONS, MAX_TERM, SuggestionKind
from modelyard.domain.names import MAX_MODEL_NAME
from modelyard.domain.query import MAX_CHARACTERS
from modelyard.presentation.api.fields import Output


class FacetParameters(BaseModel):
    """Which versions are counted."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[str, Field(json_schema_extra={"format": "query", "maxLength": MAX_CHARACTERS})] = Field(
        default="", description="A query, as in searches of versions", examples=["fraud tag.team:risk"]
    )
    model: Annotated[str | None, Field(json_schema_extra={"maxLength": MAX_MODEL_NAME})] = Field(
        default=None, description="Only versions of this model", examples=["churn"]
    )


class FacetValueRead(Output):
    """A value, and how many of the counted versions have it."""

    value: str = Field(examples=["production"])
    count: int = Field(examples=[12])


class FacetRead(Output):
    """The most frequent values of a field, up to 20, as `field:value` asks for them."""

    field: str = Field(description="As queries name it", examples=["stage"])
    values: list[FacetValueRead]


class FacetsRead(Output):
    """Counts of what a query finds, by stage, framework, owner and tag."""

    counted: int = Field(description="How many versions were counted", examples=[57])
    is_complete: bool = Field(description=f"False where only the {FACETED:,} newest were counted")
    facets: list[FacetRead]


class SuggestParameters(BaseModel):
    """Which term is to be completed."""

    model_config = ConfigDict(extra="forbid")

    term: str = Field(default="", max_length=MAX_TERM, description="The last term of a query", examples=["tag.te"])
    limit: int = Field(default=10, ge=1, le=MAX_SUGGESTIONS)


class SuggestionRead(Output):
    """A way in which the term may go on."""

    kind: SuggestionKind
    text: str = Field(description="What to write in place of the term", examples=["tag.team:"])


class SuggestionList(Output):
    """The ways in which a term may go on."""

    items: list[SuggestionRead]
