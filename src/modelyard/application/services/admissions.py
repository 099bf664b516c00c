"""Letting callers in: tokens are looked up once, and again as soon as anybody's rights have changed."""

import logging
from datetime import datetime

from modelyard.application.ports.clock import Clock
from modelyard.application.ports.database import Database
from modelyard.application.services.authenticating import (
    NOTED_EACH,
    Admission,
    admit,
    note_use,
    revision_of_access,
)
from modelyard.domain.access.token import hash_of, read_secret
from modelyard.domain.access_errors import Unauthenticated
from modelyard.domain.errors import DatabaseUnavailable, StorageFull

_HELD = 10_000

logger = logging.getLogger(__name__)


class Admissions:
    """What tokens give, remembered as long as no right has changed, through whatever process.

    Each request asks whether one has: a right that was taken away, or a token that was revoked, is good for no request
    that begins after that was acknowledged.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._held: dict[bytes, Admission] = {}
        self._revision = -1
        self._state: object | None = None
        self._noted: dict[int, datetime] = {}

    async def of_token(self, text: str, *, is_cookie: bool = False) -> tuple[Admission, object | None]:
        """What a token gives now. One that is sent in the way of the others gives nothing.

        With it comes the state of the database (`Database.state`) that this was looked up in, so that nobody asks for
        it twice in one request.

        Raises:
            Unauthenticated: nothing, for whatever reason.
        """
        state = await self._database.state()
        if state is None or state != self._state:
            await self._look_whether_rights_changed(state)
        admission = self._held.get(hash_of(text)) or await self._looked_up(text)
        now = self._clock.now()
        if admission is None or admission.is_cookie is not is_cookie or not admission.is_in_force(now):
            raise Unauthenticated("the token is not in force")
        noted_at = self._noted.get(admission.token_id, admission.last_used_at)
        if noted_at is None or now - noted_at >= NOTED_EACH:
            await self._note_use(admission, now)
        return admission, state

    async def _looked_up(self, text: str) -> Admission | None:
        secret = read_secret(text)
        if secret is None:
            return None
        admission = await self._database.read(admit, secret.hash)
        if admission is not None:
            if admission.revision != self._revision:
                self._forget(admission.revision)
            if len(self._held) >= _HELD:
                self._held.clear()
            self._held[secret.hash] = admission
        return admission

    async def _look_whether_rights_changed(self, state: object | None) -> None:
        """Asked only where anything has changed at all."""
        revision = await self._database.read(revision_of_access)
        if revision != self._revision:
            self._forget(revision)
        self._state = state

    def _forget(self, revision: int) -> None:
        self._held.clear()
        self._revision = revision
        self._state = None

    async def _note_use(self, admission: Admission, now: datetime) -> None:
        """Now and then. A registry that cannot write is read all the same."""
        self._noted[admission.token_id] = now
        try:
            await self._database.write(note_use, admission.token_id)
        except (DatabaseUnavailable, StorageFull) as error:
            logger.warning("the last use of a token was not noted: %s", error)
