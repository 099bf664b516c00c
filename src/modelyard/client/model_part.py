"""What all that can be done with one model stands on."""

from collections.abc import Iterator

from modelyard.client.answers import Document
from modelyard.client.records import Version
from modelyard.client.reference import Reference, model_path
from modelyard.client.transport import Query, Transport

VersionName = Version | int | str
"""A version of a known model: its record, its number, a stage, `latest` or `@alias`."""


class ModelPart:
    """A model by its name, and the way to the registry."""

    def __init__(self, transport: Transport, name: str) -> None:
        self.name = name
        self._transport = transport

    @property
    def _home(self) -> str:
        """Where the model is, below the API's base."""
        return model_path(self.name)

    def _place(self, version: VersionName) -> str:
        ref = str(version.number) if isinstance(version, Version) else str(version)
        return Reference(self.name, ref).path

    def _number(self, version: VersionName) -> int:
        """The number of a version, for what the API takes no other name for; asks the registry where it must."""
        if isinstance(version, Version):
            return version.number
        if isinstance(version, int) or (version.isascii() and version.isdecimal()):
            return int(version)
        return int(self._transport.get(self._place(version))["number"])

    def _items(self, part: str, query: Query | None = None, limit: int | None = None) -> Iterator[Document]:
        return self._transport.items(f"{self._home}{part}", query, limit)
