"""A registry, as those who train and serve models see it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from modelyard.client.events import Event, list_or_follow
from modelyard.client.model import Model
from modelyard.client.policies import Policies
from modelyard.client.records import RegisteredModel, Version
from modelyard.client.reference import parse_reference
from modelyard.client.transfer.progress import Progress
from modelyard.client.transport import Transport
from modelyard.client.webhooks import Webhooks


class Registry:
    """All that a registry can do for its users; `connect` makes one. Threads may share it.

    Versions are named by references: `churn:7`, `churn:production`, `churn:latest`, `churn@champion`.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def __enter__(self) -> "Registry":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections. The registry can be used again; it makes new ones."""
        self.transport.close()

    @property
    def url(self) -> str:
        """Its address."""
        return self.transport.server.url

    def model(self, name: str) -> Model:
        """A model to work with, whether it is there or not; nothing is sent."""
        return Model(self.transport, name)

    def create_model(self, name: str, *, description: str = "", tags: Mapping[str, str] | None = None) -> Model:
        """Make a model.

        Raises:
            ModelExists: One of this name is there.
        """
        self.transport.post("/models", {"name": name, "description": description, "tags": dict(tags or {})})
        return self.model(name)

    def models(
        self, query: str = "", *, sort: str | None = None, limit: int | None = None
    ) -> Iterator[RegisteredModel]:
        """The models that a query finds, all of them or the first `limit`, fetched page by page."""
        found = self.transport.items("/models", {"q": query or None, "sort": sort}, limit)
        return map(RegisteredModel.of, found)

    def version(self, reference: str) -> Version:
        """What the registry says of a version now, with its card and files.

        Raises:
            VersionNotFound, ModelNotFound: There is none.
        """
        return Version.of(self.transport.get(parse_reference(reference).path))

    def pull(
        self,
        reference: str,
        folder: "Path | str | None" = None,
        *,
        paths: Sequence[str] | None = None,
        overwrite: bool = False,
        progress: Progress | None = None,
    ) -> Path:
        """Bring the files of a version to this machine, verified; what is in the cache already is not fetched again.

        Whatever breaks off goes on in the next call where it stopped, also after this process was killed.

        Args:
            reference: Which version; a model alone means its latest.
            folder: Where to put the files. They are yours to change. Without: a folder of the cache that has them; it
                is read-only, shared with others, and stays at least as long as this process runs.
            paths: Only these files: paths in the version, or patterns such as `weights/*.safetensors`.
            overwrite: Replace files in `folder` that are others than those of the version.
            progress: Hears of bytes as they come.

        Returns:
            The folder. The files are in it at their paths in the version.

        Raises:
            VersionNotFound, ModelNotFound, FileNotInVersion: There is none.
            WouldOverwrite: `folder` has other files in their places. Nothing was written.
            DamagedFile: The bytes that came are not those that were registered.
            UnsafePath: The registry names a path that is none.
            Offline: `MODELYARD_OFFLINE` is set, and not all of it is in the cache.
            Unreachable: Nothing has moved for as long as patience lasts.
            DiskFault: There is no space, or no permission.
        """
        from modelyard.client.cache.cache import Cache
        from modelyard.client.pulling import Pulling

        pulling = Pulling(self.transport, Cache.from_env())
        target = None if folder is None else Path(folder)
        return pulling.pull(pulling.resolve(reference), target, paths, progress, overwrite=overwrite)

    def search(self, query: str = "", *, sort: str | None = None, limit: int | None = None) -> Iterator[Version]:
        """The versions of all models that a query finds, all of them or the first `limit`, fetched page by page.

        Args:
            query: In the query language: `framework:sklearn metric.auc >= 0.9`.
            sort: Fields, each with `-` before it for descending: `-metric.auc@holdout`.
            limit: At most so many.

        Raises:
            QuerySyntaxError: The query does not parse; raised with the first item.
        """
        return map(Version.of, self.transport.items("/versions", {"q": query or None, "sort": sort}, limit))

    def delete_version(self, reference: str, *, force: bool = False) -> int:
        """Delete a version; how many bytes that frees.

        Raises:
            VersionInUse: It is in staging or production, or has an alias, and it is not `force`.
        """
        named = parse_reference(reference)
        return self.model(named.model).delete_version(named.ref, force=force)

    def events(
        self,
        *,
        model: str | None = None,
        action: str | None = None,
        actor: str | None = None,
        limit: int | None = None,
        follow: bool = False,
        after: int | None = None,
    ) -> Iterator[Event]:
        """What happened in the registry, the newest first; or with `follow` what happens from now on, endlessly.

        Args:
            model: Of a model, by the name that it had then. `Model.events` goes by what it is, through all its names.
            action: Of this kind, such as `version.stage_changed`.
            actor: By whom.
            limit: At most so many past ones.
            follow: Wait for events. A broken connection is made anew; none is missed or comes twice.
            after: Follow from behind the event of this sequence on.

        Raises:
            Unreachable: There was no connection for as long as the patience allows.
        """
        wanted = {"model": model, "action": action, "actor": actor}
        return list_or_follow(self.transport, "/events", wanted, limit, after, follow=follow)

    @property
    def webhooks(self) -> Webhooks:
        """The servers that are told of what happens."""
        return Webhooks(self.transport)

    @property
    def policies(self) -> Policies:
        """The policies of globs; that of a model is with the model."""
        return Policies(self.transport)
