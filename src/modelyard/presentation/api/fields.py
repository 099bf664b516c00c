"""Field types that several schemas share."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from modelyard.domain.event import rfc3339

Moment = Annotated[
    datetime,
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
    Field(examples=["2026-01-31T12:00:00.000Z"]),
]
"""UTC with milliseconds."""

ModelName = Annotated[str, Field(min_length=1, max_length=200, examples=["churn"])]
DigestText = Annotated[
    str, Field(pattern=r"^sha256:[0-9a-f]{64}$", examples=["sha256:" + "2c26b46b68ffc68ff99b453c1d304134" * 2])
]
SizeBytes = Annotated[int, Field(ge=0, le=2**53 - 1, examples=[48213])]
Tags = Annotated[dict[str, str], Field(examples=[{"team": "risk"}])]
TagPatch = Annotated[dict[str, str | None], Field(examples=[{"team": "risk", "obsolete": None}])]
Metadata = Annotated[dict[str, Any], Field(examples=[{"training": {"rows": 569}}])]


class Input(BaseModel):
    """A body from outside: unknown fields are refused, and nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Output(BaseModel):
    """A document from the registry."""

    model_config = ConfigDict(from_attributes=True)
