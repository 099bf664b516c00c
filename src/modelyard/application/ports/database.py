"""How use cases and queries are run."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from modelyard.application.ports.access import Accounts, Grants, Senders, Tokens
from modelyard.application.ports.aliases import Aliases
from modelyard.application.ports.answers import Answers
from modelyard.application.ports.blobs import Blobs
from modelyard.application.ports.devices import DeviceSignIns
from modelyard.application.ports.events import Events
from modelyard.application.ports.identity import SignIns
from modelyard.application.ports.metrics import Metrics
from modelyard.application.ports.models import Models
from modelyard.application.ports.orphans import Orphans
from modelyard.application.ports.policies import Policies
from modelyard.application.ports.requests import Requests
from modelyard.application.ports.search import Search
from modelyard.application.ports.uploads import Uploads
from modelyard.application.ports.versions import Versions
from modelyard.application.ports.webhooks import Deliveries, Webhooks
from modelyard.application.ports.workloads import WorkloadIdentities
from modelyard.domain.access.standing import Visibility

P = ParamSpec("P")
R = TypeVar("R")


class Transaction(Protocol):
    """One consistent view of the registry; what is written in it becomes visible all at once, or not at all.

    `now` is the same throughout.
    """

    @property
    def now(self) -> datetime:
        """The moment of everything that happens in it: aware, UTC, whole milliseconds."""

    def announce(self, topic: str) -> None:
        """Wake those who listen to the topic, in every process on this database, once this has been committed."""

    @property
    def models(self) -> Models:
        """All models."""

    @property
    def versions(self) -> Versions:
        """The versions of all models."""

    @property
    def aliases(self) -> Aliases:
        """The aliases of all models."""

    @property
    def metrics(self) -> Metrics:
        """The measurements of all versions."""

    @property
    def blobs(self) -> Blobs:
        """What is known of stored bytes."""

    @property
    def orphans(self) -> Orphans:
        """Stored bytes that nothing is known of."""

    @property
    def policies(self) -> Policies:
        """What versions may do, and what they need for it."""

    @property
    def requests(self) -> Requests:
        """Changes of stage that wait for approval."""

    @property
    def uploads(self) -> Uploads:
        """The uploads under way."""

    @property
    def events(self) -> Events:
        """The history."""

    @property
    def webhooks(self) -> Webhooks:
        """Who is told of what happens."""

    @property
    def deliveries(self) -> Deliveries:
        """What is on its way to webhooks, or was."""

    @property
    def answers(self) -> Answers:
        """The answers remembered by idempotency key."""

    @property
    def search(self) -> Search:
        """Lists and searches."""

    def seen_by(self, visible: Visibility) -> "Transaction":
        """The same transaction, in which searches find only what may be seen."""

    @property
    def accounts(self) -> Accounts:
        """Those who may be given roles."""

    @property
    def grants(self) -> Grants:
        """Who has which role where."""

    @property
    def senders(self) -> Senders:
        """Who has sent which bytes."""

    @property
    def sign_ins(self) -> SignIns:
        """Sign-ins that are under way."""

    @property
    def device_sign_ins(self) -> DeviceSignIns:
        """Programs that wait for somebody to allow them."""

    @property
    def workload_identities(self) -> WorkloadIdentities:
        """Which workloads may act as which services."""

    @property
    def tokens(self) -> Tokens:
        """What accounts sign in with."""


class Listener(Protocol):
    """Who waits for a topic to be announced."""

    async def heard(self, timeout_seconds: float) -> bool:
        """Wait until it is announced; False when it was not in time.

        Several announcements may be heard as one, and one that nobody made may be heard: it says that there may be
        something to look at, not what. One may also be lost, with a connection or a process; so who depends on them
        looks by itself from time to time.
        """


class Database(Protocol):
    """Runs plain synchronous functions of a transaction. Returning commits, raising rolls back; nothing else commits.

    The functions may be run again from their beginning, so they do nothing but read and write the transaction. Every
    method raises `DatabaseUnavailable` or `StorageFull` when the database cannot do it.
    """

    async def open(self) -> None:
        """Connect; on the embedded default also bring the schema up to date.

        Raises when the schema is of another version.
        """

    async def close(self) -> None:
        """Let running functions end, then disconnect."""

    async def check(self) -> None:
        """Return when a read and a write would work now; raise otherwise."""

    async def state(self) -> object | None:
        """What stays equal until something changes, through whatever process; None where that cannot be known now.

        It is that of a moment after the call: a change that was acknowledged before is in it. What is read after asking
        is at least as new.
        """

    async def read(self, query: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a short read: a few rows by key. It may run on the event loop."""

    async def scan(self, query: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a read that may take longer, beside the event loop."""

    async def write(self, use_case: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a short change: a few rows. When this returns, it is durable. It may run on the event loop."""

    async def sweep(self, use_case: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a change of many rows, beside the event loop. When this returns, it is durable."""

    def leading(self, task: str) -> AbstractAsyncContextManager[bool]:
        """Whether this is the one that does a scheduled task, among all processes on this database, while it is held.

        False where another one does it now. A process that ends, however it does, leads nothing any more.
        """

    def listening(self, topic: str) -> AbstractAsyncContextManager[Listener]:
        """Hear what is announced on a topic from now on, by any process on this database."""
