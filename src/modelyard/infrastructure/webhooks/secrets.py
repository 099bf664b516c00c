"""Secrets of webhooks, which are kept nowhere: each is made of a key of the server's and a number of the webhook's."""

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from functools import cached_property
from pathlib import Path
from typing import Final

from modelyard.domain.webhook import SECRET_PREFIX
from modelyard.domain.webhook_errors import WrongSecretKey

_KEPT: Final = "derived"
_BYTES: Final = 32


class DerivedSecrets:
    """`WebhookSecrets` by HMAC-SHA256 with a key that stands in no database and no backup.

    What is kept is `derived:<which key>:<random number>`. Neither tells anything of the secret. A secret that an older
    release kept in plain text is used as it is, until its webhook is made again.

    Args:
        text: The key that the operator gave; empty for the file's.
        file: Where the key is, and is made where it is missing.
    """

    def __init__(self, text: str, file: Path) -> None:
        self._text = text
        self._file = file

    def new(self) -> str:
        """256 random bits, and which key goes with them."""
        return f"{_KEPT}:{self._fingerprint}:{secrets.token_hex(_BYTES)}"

    def secret_of(self, kept: str) -> str:
        """As Standard Webhooks writes secrets."""
        if not kept.startswith(f"{_KEPT}:"):
            return kept
        _, fingerprint, number = kept.split(":")
        if fingerprint != self._fingerprint:
            raise WrongSecretKey("the secret of this webhook was made with another key than this server has")
        return SECRET_PREFIX + base64.b64encode(self._derived(f"webhook:{number}")).decode()

    @cached_property
    def _key(self) -> bytes:
        return hashlib.sha256(self._text.encode()).digest() if self._text else _key_in(self._file)

    @cached_property
    def _fingerprint(self) -> str:
        return self._derived("which key").hex()[:16]

    def _derived(self, purpose: str) -> bytes:
        return hmac.digest(self._key, purpose.encode(), "sha256")


def _key_in(file: Path) -> bytes:
    """The key in the file, for its owner only; of several processes that make it at once, one does."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        pass
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f"{file.name}.") as draft:
        draft.write(secrets.token_bytes(_BYTES))
        draft.flush()
        os.fsync(draft.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft.name, file)
    return file.read_bytes()
