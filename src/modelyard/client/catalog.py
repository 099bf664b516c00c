"""What a registry has, to look at and to look after."""

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from modelyard.client.events import Event, list_or_follow
from modelyard.client.model import Model
from modelyard.client.policies import Policies
from modelyard.client.records import RegisteredModel, Version
from modelyard.client.reference import parse_reference
from modelyard.client.transport import Transport
from modelyard.client.webhooks import Webhooks

if TYPE_CHECKING:  # imported by the methods that need them, so that a first request does not wait for them
    from modelyard.client.access.access import Access
    from modelyard.client.comparison import Comparison, Leaderboard


class Catalog:
    """The models and versions of a registry, what is said of them, and what has happened to them."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def __enter__(self) -> Self:
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

    @property
    def access(self) -> "Access":
        """Who may do what: accounts, groups, what is granted to them, and tokens."""
        from modelyard.client.access.access import Access

        return Access(self.transport)

    def compare(self, *references: str, baseline: int = 0) -> "Comparison":
        """Hold 2 to 100 versions against each other; `baseline` is the place, from 0, that deltas are taken from.

        Raises:
            VersionNotFound, ModelNotFound: One is not there.
        """
        from modelyard.client.comparison import compare

        return compare(self.transport, references, baseline)

    def leaderboard(
        self,
        metric: str,
        *,
        model: str | None = None,
        query: str = "",
        direction: Literal["higher", "lower"] = "higher",
        limit: int | None = None,
    ) -> "Leaderboard":
        """Rank versions by the latest value of a metric.

        Args:
            metric: `auc`, `auc@holdout` or `auc@holdout/age<30`.
            model: Only versions of this model.
            query: Only versions that this query finds.
            direction: Which values are better.
            limit: At most so many places.
        """
        from modelyard.client.comparison import leaderboard

        return leaderboard(self.transport, metric, model, {"q": query or None, "direction": direction}, limit)
