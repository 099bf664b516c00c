"""A registry, as those who train and serve models see it."""

from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Unpack

from modelyard.client.model import Model
from modelyard.client.push.options import PushOptions
from modelyard.client.records import RegisteredModel, Version
from modelyard.client.reference import parse_reference
from modelyard.client.transfer.progress import Progress
from modelyard.client.transport import Transport

if TYPE_CHECKING:  # imported by the methods that need them, so that a first request does not wait for them
    from modelyard.client.comparison import Comparison, Leaderboard
    from modelyard.client.push.plan import PushPlan
    from modelyard.client.run import Run, UnfinishedRun


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

    def push(
        self, name: str, model: object, *, progress: Progress | None = None, **options: Unpack[PushOptions]
    ) -> Version:
        """Register a version of a fitted model, a file or a folder; the model is made, if there is none of this name.

        What is not given is inferred: see `plan_push`, which shows it beforehand.

        Args:
            name: The model's name.
            model: An object that some flavour knows, or the path of a file or folder.
            progress: Hears of bytes on their way.
            options: See `PushOptions`.

        Raises:
            UnsupportedModel: No flavour knows it, or what the flavour needs is not installed.
            CannotPush: A value, file or folder cannot be registered.
            InvalidInput: The registry refuses a name or value.
        """
        return self.plan_push(name, model, **options).send(progress)

    def plan_push(self, name: str, model: object, **options: Unpack[PushOptions]) -> "PushPlan":
        """All that `push` would register, each value with where it came from. Nothing is sent before `plan.send()`.

        Raises:
            UnsupportedModel, CannotPush: As `push`.
        """
        from modelyard.client.push.planning import plan_push

        return plan_push(self.transport, name, model, options)

    def load(self, reference: str, *, trust: str | Iterable[str] = (), into: object = None) -> Any:  # noqa: ANN401
        """The model of a version, from verified bytes. No code of its maker runs, unless it is trusted.

        Its type is whatever was pushed, which the caller knows. Of plain files, and of versions that were registered
        without this client, it is the path.

        Args:
            reference: Such as `churn:production`.
            trust: `"pickle"` to trust whoever can push this model with this process; or full names of types.
            into: A class or object that takes the model, where its flavour knows how: a PyTorch module, for one.

        Raises:
            UntrustedFormat: Loading would run code that is not trusted.
            UnsupportedModel: Its flavour, or what that needs, is not installed.
            DamagedFile: The bytes are not those that were registered.
            VersionNotFound, ModelNotFound: There is none.
        """
        from modelyard.client.loading import fetch, load_folder

        return load_folder(fetch(self.transport, reference), trust, into)

    def run(self, name: str, **options: Unpack[PushOptions]) -> "Run":
        """Track a training run, which becomes a version of this model when it ends well. To be used by `with`.

        Args:
            name: The model's name.
            options: As of `push`, but for `metrics`, which are logged.
        """
        from modelyard.client.run import Run

        return Run(self.transport, name, options)

    def unfinished_runs(self) -> "list[UnfinishedRun]":
        """Runs on this machine that were to become versions of this registry: failed, killed, or not sent."""
        from modelyard.client.run import unfinished_runs

        return unfinished_runs(self.transport)

    def recover_runs(self) -> list[Version]:
        """Send the runs that ended well and could not be sent, as after a lost connection; the versions they became."""
        return [run.send() for run in self.unfinished_runs() if run.state == "finished"]

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
