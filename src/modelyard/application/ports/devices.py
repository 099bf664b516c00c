"""Where sign-ins of programs by a browser are kept while they are under way."""

from datetime import datetime
from typing import Protocol

from modelyard.domain.access.account import Account
from modelyard.domain.access.device import DeviceDraft, DeviceSignIn


class DeviceSignIns(Protocol):
    """Programs that wait for somebody to allow them, within one transaction; their codes are kept as hashes."""

    def add(
        self, device_hash: bytes, user_hash: bytes, draft: DeviceDraft, *, at: datetime, expires_at: datetime
    ) -> None:
        """Remember one; those that expired long ago are forgotten."""

    def of_user_code(self, user_hash: bytes) -> DeviceSignIn | None:
        """The one with this user code; whether it has expired is not looked at."""

    def of_device_code(self, device_hash: bytes) -> DeviceSignIn | None:
        """The one with this device code; whether it has expired is not looked at."""

    def decide(self, user_hash: bytes, account: Account | None) -> bool:
        """Let the account be its owner; or without one refuse it. Whether nobody had decided before."""

    def note_poll(self, device_hash: bytes, *, at: datetime) -> None:
        """Remember when the program asked last."""

    def take(self, device_hash: bytes) -> bool:
        """Forget one; whether it was still there. Of several who try, one is told so."""
