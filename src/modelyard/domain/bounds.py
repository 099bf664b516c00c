"""Bounds that an operator may draw closer than the registry does by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Never

from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.json_value import JsonObject, canonical_json
from modelyard.domain.model_version import MAX_JSON_BYTES
from modelyard.domain.names import MAX_TAGS

MAX_PAGE_ITEMS = 500
_NOTHING: Mapping[str, Never] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How many items a page may have, how many tags a model or version, how many bytes of JSON its metadata."""

    page_items: int = MAX_PAGE_ITEMS
    tags: int = MAX_TAGS
    metadata_bytes: int = MAX_JSON_BYTES

    def check_tags(self, tags: Mapping[str, str], before: Mapping[str, str] = _NOTHING) -> None:
        """Take the tags that something is to have; what had more before the bound was drawn may keep them.

        Raises:
            InvalidInput: they are too many.
        """
        if len(tags) > max(self.tags, len(before)):
            _refuse("/tags", f"must have at most {self.tags} entries")

    def check_metadata(self, metadata: JsonObject, before: JsonObject = _NOTHING) -> None:
        """Take the metadata that something is to have; what had more before the bound was drawn may keep it.

        Raises:
            InvalidInput: it is too large.
        """
        if self.metadata_bytes == MAX_JSON_BYTES or not metadata:
            return  # the domain has looked at that
        size_bytes = len(canonical_json(metadata))
        if size_bytes > self.metadata_bytes and size_bytes > len(canonical_json(dict(before))):
            _refuse("/metadata", f"must have at most {self.metadata_bytes} bytes of JSON")


UNBOUNDED = Bounds()
"""The registry's own bounds."""


def _refuse(pointer: str, message: str) -> None:
    raise InvalidInput(f"{pointer.removeprefix('/')} {message}", errors=[FieldError(pointer=pointer, message=message)])
