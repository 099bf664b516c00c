"""What a push is going to do, and doing it."""

import secrets
import shutil
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from modelyard.client.answers import Document
from modelyard.client.failures import ModelyardError
from modelyard.client.records import Version
from modelyard.client.reference import model_path
from modelyard.client.refusals import BlobsMissing
from modelyard.client.transfer.hashing_ahead import hash_and_send
from modelyard.client.transfer.local_file import LocalFile, Source, local_files
from modelyard.client.transfer.progress import Progress
from modelyard.client.transfer.sending import send
from modelyard.client.transport import Transport

BATCH = 10_000
"""Measurements in one request, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A value that will be registered, and where it came from: `given`, or what it was read from."""

    name: str
    value: object
    source: str

    def __str__(self) -> str:
        return f"{self.name} = {self.value}  ({self.source})"


@dataclass(kw_only=True)
class PushPlan:
    """A version that is ready to be sent: nothing of it has left this machine yet.

    Files that were written for it lie in `folder` until it has been sent, closed or forgotten.

    Attributes:
        model: The name of the model; it is made, if there is none.
        facts: Every value, with its source.
        notes: What could not be found out, and why.
        sources: What will be sent, unless the registry has it.
        body: The version as the API takes it, but for its files.
        metrics: The measurements that are appended to it.
        folder: Where its own files lie, when they are to be removed.
        kind: What the model is, in words.
        is_draft: Whether the card is one.
        known: The files, hashed, once that was done.
    """

    model: str
    facts: Sequence[Fact]
    notes: Sequence[str]
    sources: Sequence[Source]
    body: Document
    metrics: Sequence[Document]
    folder: Path | None
    transport: Transport
    kind: str = ""
    is_draft: bool = False
    known: Sequence[LocalFile] | None = None
    key: str = field(default_factory=lambda: secrets.token_hex(16))
    """Makes the registration count once, however often `send` is tried."""

    def __post_init__(self) -> None:
        if self.folder is not None:
            self._removal = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    def __enter__(self) -> "PushPlan":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __str__(self) -> str:
        lines = [f"{self.model}: {len(self.files)} files, {self.size_bytes:,} bytes"]
        lines += [f"  {fact}" for fact in self.facts]
        lines += [f"  {file.path}  {file.size_bytes:,} bytes  {file.digest}" for file in self.files]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])

    @property
    def files(self) -> Sequence[LocalFile]:
        """What will be sent, hashed when it is first asked for.

        Raises:
            DiskFault: A file cannot be read.
        """
        if self.known is None:
            self.known = local_files(self.sources)
        return self.known

    @property
    def size_bytes(self) -> int:
        """Of all files together."""
        return sum(file.size_bytes for file in self.files)

    @property
    def document(self) -> Mapping[str, object]:
        """All of it as JSON."""
        return {
            "model": self.model,
            "facts": [{"name": fact.name, "value": fact.value, "source": fact.source} for fact in self.facts],
            "notes": list(self.notes),
            "version": self._whole_body(),
            "metrics": list(self.metrics),
        }

    def send(self, progress: Progress | None = None) -> Version:
        """Send the files, register the version, append its metrics. Safe to call again after it failed.

        Raises:
            Unreachable: The registry gave no answer in time.
            RegistryError: It refused something.
        """
        return self.complete(self._registered(progress))

    def complete(self, document: Document) -> Version:
        """Append the metrics to the version that was registered, and read it.

        Raises:
            Unreachable, RegistryError: As `send`.
        """
        place = f"{model_path(self.model)}/versions/{document['number']}"
        try:
            for begin in range(0, len(self.metrics), BATCH):
                self.transport.post(f"{place}/metrics", {"metrics": self.metrics[begin : begin + BATCH]})
            document = self.transport.get(place)
        except ModelyardError as error:
            error.add_note(f"{self.model}:{document['number']} is registered, but not with all of its metrics.")
            raise
        self.close()
        return Version.of(document)

    def close(self) -> None:
        """Remove the files that were written for it; those that were given stay."""
        if self.folder is not None:
            self._removal()

    def _registered(self, progress: Progress | None) -> Document:
        """Once more, where files were collected between their arrival and the registration."""
        if self.known is None:  # large files are sent while they are hashed
            self.known = hash_and_send(self.transport, self.sources, progress)
        else:
            send(self.transport, self.known, progress)
        try:
            return self._register(self.key)
        except BlobsMissing:
            send(self.transport, self.files, progress)
            return self._register(f"{self.key}-again")

    def _register(self, key: str) -> Document:
        path, headers = f"{model_path(self.model)}/versions", {"Idempotency-Key": key}
        query = {"create_model": True}
        body = self._whole_body()
        return self.transport.request("POST", path, body=body, query=query, headers=headers).document()

    def _whole_body(self) -> Document:
        return {**self.body, "files": [file.entry for file in self.files]}
