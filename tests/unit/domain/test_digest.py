import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.domain.digest import digest_of, parse_digest
from modelyard.domain.errors import InvalidInput


@given(st.binary())
def test_bytes_are_named_by_their_sha256(content: bytes) -> None:
    assert digest_of(content) == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert parse_digest(digest_of(content)) == digest_of(content)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a" * 64,
        "sha256:" + "a" * 63,
        "sha256:" + "a" * 65,
        "sha256:" + "A" * 64,
        "SHA256:" + "a" * 64,
        "md5:" + "a" * 32,
        "sha256:" + "a" * 64 + "\n",
        "sha256:" + "\u0661" * 64,
        "sha256:../../etc/passwd",
        "\ud800" * 1000,
    ],
)
def test_nothing_else_is_a_digest(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_digest(text, "/files/0/digest")

    assert [error.pointer for error in refusal.value.errors] == ["/files/0/digest"]
    assert refusal.value.message.isprintable()
    assert len(refusal.value.message) < 800
