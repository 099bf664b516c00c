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
from modelyard.domain.access.token import TokenKind, read_secret
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

    async def of_token(self, text: str, kind: TokenKind = TokenKind.TOKEN) -> Admission:
        """What a token gives now. One that is sent as another kind is sent gives nothing.

        Raises:
            Unauthenticated: nothing, for whatever reason.
        """
        secret = read_secret(text)
        admission = None if secret is None else await self._of_hash(secret.hash)
        if admission is None or admission.kind is not kind or not admission.is_in_force(self._clock.now()):
            raise Unauthenticated("the token is not in force")
        await self._note_use(admission)
        return admission

    async def _of_hash(self, digest: bytes) -> Admission | None:
        await self._look_whether_rights_changed()
        held = self._held.get(digest)
        if held is not None:
            return held
        admission = await self._database.read(admit, digest)
        if admission is not None:
            if admission.revision != self._revision:
                self._forget(admission.revision)
            if len(self._held) >= _HELD:
                self._held.clear()
            self._held[digest] = admission
        return admission

    async def _look_whether_rights_changed(self) -> None:
        """First whether anything has changed at all, which costs least."""
        state = await self._database.state()
        if state is not None and state == self._state:
            return
        revision = await self._database.read(revision_of_access)
        if revision != self._revision:
            self._forget(revision)
        self._state = state

    def _forget(self, revision: int) -> None:
        self._held.clear()
        self._revision = revision
        self._state = None

    async def _note_use(self, admission: Admission) -> None:
        """Now and then. A registry that cannot write is read all the same."""
        now = self._clock.now()
        noted_at = self._noted.get(admission.token_id, admission.last_used_at)
        if noted_at is not None and now - noted_at < NOTED_EACH:
            return
        self._noted[admission.token_id] = now
        try:
            await self._database.write(note_use, admission.token_id)
        except (DatabaseUnavailable, StorageFull) as error:
            logger.warning("the last use of a token was not noted: %s", error)
