"""One transaction: the repositories on one connection, and one moment."""

from copy import copy
from datetime import datetime

from sqlalchemy import Connection

from modelyard.application.ports.clock import Clock
from modelyard.domain.access.standing import Visibility
from modelyard.infrastructure.database.repositories.accounts import SqlAccounts
from modelyard.infrastructure.database.repositories.aliases import SqlAliases
from modelyard.infrastructure.database.repositories.answers import SqlAnswers
from modelyard.infrastructure.database.repositories.blobs import SqlBlobs
from modelyard.infrastructure.database.repositories.deliveries import SqlDeliveries
from modelyard.infrastructure.database.repositories.device_sign_ins import SqlDeviceSignIns
from modelyard.infrastructure.database.repositories.events import SqlEvents
from modelyard.infrastructure.database.repositories.grants import SqlGrants
from modelyard.infrastructure.database.repositories.metrics import SqlMetrics
from modelyard.infrastructure.database.repositories.models import SqlModels
from modelyard.infrastructure.database.repositories.orphans import SqlOrphans
from modelyard.infrastructure.database.repositories.policies import SqlPolicies
from modelyard.infrastructure.database.repositories.requests import SqlRequests
from modelyard.infrastructure.database.repositories.search import SqlSearch
from modelyard.infrastructure.database.repositories.senders import SqlSenders
from modelyard.infrastructure.database.repositories.sign_ins import SqlSignIns
from modelyard.infrastructure.database.repositories.tokens import SqlTokens
from modelyard.infrastructure.database.repositories.uploads import SqlUploads
from modelyard.infrastructure.database.repositories.versions import SqlVersions
from modelyard.infrastructure.database.repositories.webhooks import SqlWebhooks
from modelyard.infrastructure.database.repositories.workload_identities import SqlWorkloadIdentities


class SqlTransaction:
    """`Transaction` on a connection. One serves many transactions, one after the other; `restart` begins the next."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self.connection = connection
        self._clock = clock
        self._now: datetime | None = None
        self.announced: set[str] = set()
        self.models = SqlModels(connection)
        self.versions = SqlVersions(connection)
        self.aliases = SqlAliases(connection)
        self.metrics = SqlMetrics(connection)
        self.blobs = SqlBlobs(connection)
        self.orphans = SqlOrphans(connection)
        self.policies = SqlPolicies(connection)
        self.requests = SqlRequests(connection)
        self.uploads = SqlUploads(connection)
        self.events = SqlEvents(connection)
        self.webhooks = SqlWebhooks(connection)
        self.deliveries = SqlDeliveries(connection)
        self.answers = SqlAnswers(connection)
        self.search = SqlSearch(connection)
        self.accounts = SqlAccounts(connection)
        self.grants = SqlGrants(connection)
        self.tokens = SqlTokens(connection)
        self.senders = SqlSenders(connection)
        self.sign_ins = SqlSignIns(connection)
        self.device_sign_ins = SqlDeviceSignIns(connection)
        self.workload_identities = SqlWorkloadIdentities(connection)

    def restart(self) -> None:
        """Forget the moment of the transaction before, and what it announced."""
        self._now = None
        self.announced = set()

    def seen_by(self, visible: Visibility) -> "SqlTransaction":
        """A copy with other searches, over the same connection."""
        if visible.is_everything:
            return self
        narrowed = copy(self)
        narrowed.search = SqlSearch(self.connection, visible)
        return narrowed

    def announce(self, topic: str) -> None:
        """Collected here; whoever commits sees to the rest."""
        self.announced.add(topic)

    @property
    def now(self) -> datetime:
        """The same moment throughout the transaction, taken when it is first asked for."""
        if self._now is None:
            self._now = self._clock.now()
        return self._now
