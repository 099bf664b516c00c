import concurrent.futures
import stat
from pathlib import Path

import pytest

from modelyard.domain.webhook_errors import WrongSecretKey
from modelyard.infrastructure.webhooks.secrets import DerivedSecrets

KEY = "a key of at least 32 characters, yes"


def test_what_is_kept_tells_nothing_and_gives_the_same_secret_on_every_server_with_the_key(tmp_path: Path) -> None:
    one, other = DerivedSecrets(KEY, tmp_path / "unused"), DerivedSecrets(KEY, tmp_path / "unused")
    kept = one.new()
    secret = one.secret_of(kept)
    assert secret.startswith("whsec_")
    assert len(secret) == len("whsec_") + 44
    assert secret[6:] not in kept
    assert other.secret_of(kept) == secret
    assert one.secret_of(one.new()) != secret
    assert not (tmp_path / "unused").exists()


def test_another_key_is_told_from_the_one_that_made_it(tmp_path: Path) -> None:
    kept = DerivedSecrets(KEY, tmp_path / "unused").new()
    with pytest.raises(WrongSecretKey):
        DerivedSecrets(KEY[::-1], tmp_path / "unused").secret_of(kept)


def test_without_a_setting_the_key_is_a_file_for_its_owner_that_all_processes_share(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda _: DerivedSecrets("", file).new(), range(16)))
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_bytes()) == 32
    assert len({DerivedSecrets("", file).secret_of(each) for each in kept}) == 16


def test_a_secret_that_was_kept_in_plain_text_is_used_as_it_is(tmp_path: Path) -> None:
    assert DerivedSecrets(KEY, tmp_path / "unused").secret_of("whsec_AAAA") == "whsec_AAAA"
