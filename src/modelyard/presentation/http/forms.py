"""In which forms answers can be had, and which one a caller wants."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from fastapi import Request

from modelyard.presentation.http.accept import preferred

F = TypeVar("F", bound=StrEnum)

MEDIA_TYPES: Mapping[str, str] = {
    "json": "application/json",
    "csv": "text/csv",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
    "vegalite": "application/vnd.vegalite.v5+json",
    "svg": "image/svg+xml",
    "png": "image/png",
}


def wanted_form(request: Request, given: F | None, forms: type[F]) -> F:
    """The form that the parameter `format` names, or else the one that `Accept` prefers; the first of equals."""
    if given is not None:
        return given
    media_type = preferred(request, [MEDIA_TYPES[form] for form in forms])
    return next(form for form in forms if MEDIA_TYPES[form] == media_type)
