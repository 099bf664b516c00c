"""One model, to work with."""

from collections.abc import Iterator, Mapping
from typing import Any

from modelyard.client.aliases import Aliases
from modelyard.client.answers import Document
from modelyard.client.approvals import Approvals
from modelyard.client.events import ModelHistory
from modelyard.client.failures import Problem
from modelyard.client.lifecycle import Lifecycle
from modelyard.client.measuring import Measuring
from modelyard.client.model_part import VersionName
from modelyard.client.policies import ModelPolicy
from modelyard.client.records import RegisteredModel, Version
from modelyard.client.refusals import PreconditionFailed


class Model(Lifecycle, Approvals, Aliases, Measuring, ModelPolicy, ModelHistory):
    """A model by name. A version is given by its record, its number, a stage, `latest` or `@alias`."""

    def read(self) -> RegisteredModel:
        """What the registry says of it now.

        Raises:
            ModelNotFound: There is none of this name.
        """
        return RegisteredModel.of(self._transport.get(self._home))

    def version(self, version: VersionName, *, at: str | None = None) -> Version:
        """One of its versions.

        Args:
            version: Which one.
            at: A moment (RFC 3339): what a stage or an alias meant then.

        Raises:
            VersionNotFound, ModelNotFound: There is none.
        """
        return Version.of(self._transport.get(self._place(version), {"at": at}))

    def versions(self, query: str = "", *, sort: str | None = None, limit: int | None = None) -> Iterator[Version]:
        """Those that a query finds, the newest first unless sorted otherwise."""
        return map(Version.of, self._items("/versions", {"q": query or None, "sort": sort}, limit))

    def update(
        self,
        *,
        description: str | None = None,
        tags: Mapping[str, str | None] | None = None,
        unchanged_since: RegisteredModel | None = None,
    ) -> RegisteredModel:
        """Change what is given of the model; a tag that is None goes.

        Raises:
            PreconditionFailed: It was changed since `unchanged_since` was read.
        """
        change = _given(description=description, tags=tags)
        return RegisteredModel.of(self._patch(self._home, change, unchanged_since))

    def update_version(
        self,
        version: VersionName,
        *,
        description: str | None = None,
        tags: Mapping[str, str | None] | None = None,
        metadata: Mapping[str, Any] | None = None,
        card: str | None = None,
        unchanged_since: Version | None = None,
    ) -> Version:
        """Change what is given of a version; a tag or a key of metadata that is None goes (JSON Merge Patch).

        Raises:
            PreconditionFailed: It was changed since `unchanged_since` was read.
        """
        change = _given(description=description, tags=tags, metadata=metadata, card=card)
        return Version.of(self._patch(self._place(version), change, unchanged_since))

    def tag(self, version: VersionName, **tags: str | None) -> Version:
        """Set tags of a version; one that is None goes."""
        return self.update_version(version, tags=tags)

    def rename(self, name: str) -> "Model":
        """Give it another name; it stays the same model.

        Raises:
            ModelExists: Another one has that name.
        """
        self._transport.post(f"{self._home}/rename", {"name": name})
        return Model(self._transport, name)

    def delete(self, *, force: bool = False) -> int:
        """Delete it with its versions; how many bytes that frees.

        Raises:
            ModelInUse: It has versions in staging or production, or aliases, and it is not `force`.
        """
        return self._delete(self._home, force)

    def delete_version(self, version: VersionName, *, force: bool = False) -> int:
        """Delete one; its number is never used again. How many bytes that frees.

        Raises:
            VersionInUse: It is in staging or production, or has an alias, and it is not `force`.
        """
        return self._delete(self._place(version), force)

    def _delete(self, path: str, force: bool) -> int:
        answer = self._transport.request("DELETE", path, query={"force": True} if force else None)
        return int(answer.document()["freed_bytes"])

    def _patch(self, path: str, change: Document, known: RegisteredModel | Version | None) -> Document:
        """The change, refused where `known` is not what is there; between our look and the change, by its ETag."""
        headers = {}
        if known is not None:
            now = self._transport.request("GET", path)
            if now.document()["revision"] != known.revision:
                raise PreconditionFailed(_changed_since(known))
            headers["If-Match"] = now.headers["etag"]
        return self._transport.request("PATCH", path, body=change, headers=headers).document()


def _given(**members: object) -> Document:
    return {name: value for name, value in members.items() if value is not None}


def _changed_since(known: RegisteredModel | Version) -> Problem:
    name = known.reference if isinstance(known, Version) else known.name
    return Problem(
        code=PreconditionFailed.code,
        status=412,
        detail=f"{name} was changed since it was read",
        hint="Read it again, and decide anew.",
    )
