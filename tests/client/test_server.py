from pathlib import Path

import pytest

from modelyard.client import errors
from modelyard.client.server import Server, profiles_path, read_profiles, server_of, write_profiles

HERE = "http://127.0.0.1:8000"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"MODELYARD_CONFIG": str(tmp_path / "folder" / "profiles.json"), "MODELYARD_ACTOR": "ana"}


def test_without_anything_it_is_the_registry_on_this_machine(environment: dict[str, str]) -> None:
    assert server_of(environment=environment) == Server(url=HERE, actor="ana")


def test_without_a_name_it_is_the_users(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ben")
    del environment["MODELYARD_ACTOR"]
    assert server_of(environment=environment).actor == "ben"


def test_arguments_win_over_the_environment_and_that_over_the_profile(environment: dict[str, str]) -> None:
    write_profiles({"default": Server(url="http://kept", token="kept", actor="kept")}, environment)
    del environment["MODELYARD_ACTOR"]
    assert server_of(environment=environment) == Server(url="http://kept", token="kept", actor="kept")
    environment |= {"MODELYARD_URL": "http://kept", "MODELYARD_TOKEN": "said", "MODELYARD_ACTOR": "said"}
    assert server_of(environment=environment) == Server(url="http://kept", token="said", actor="said")
    given = server_of("http://given", "given", "given", environment=environment)
    assert given == Server(url="http://given", token="given", actor="given")


def test_a_kept_token_goes_to_no_other_address(environment: dict[str, str]) -> None:
    write_profiles({"default": Server(url="http://kept", token="secret")}, environment)
    assert server_of("http://elsewhere", environment=environment).token == ""


def test_profiles_are_chosen_by_name(environment: dict[str, str]) -> None:
    write_profiles({"default": Server(), "work": Server(url="https://work", token="t")}, environment)
    assert server_of(profile="work", environment=environment).url == "https://work"
    assert server_of(environment=environment | {"MODELYARD_PROFILE": "work"}).token == "t"
    with pytest.raises(errors.Misconfigured, match=r"no profile 'home'\n.*There are: default, work"):
        server_of(profile="home", environment=environment)


def test_nobody_else_can_read_the_profiles(environment: dict[str, str]) -> None:
    path = write_profiles({"default": Server(token="secret")}, environment)
    assert path == profiles_path(environment)
    assert path.stat().st_mode & 0o077 == 0
    assert [one.name for one in path.parent.iterdir()] == ["profiles.json"]


@pytest.mark.parametrize("text", ["{", "[]", '{"default": {"uri": "x"}}', '{"default": 3}', "\x00"])
def test_a_broken_file_of_profiles_is_named(environment: dict[str, str], text: str) -> None:
    path = profiles_path(environment)
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(errors.Misconfigured, match="cannot be read"):
        read_profiles(environment)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://registry/", "http://registry"),
        ("https://registry:8443/api/v1/", "https://registry:8443"),
        ("https://example.com/models/", "https://example.com/models"),
    ],
)
def test_addresses_are_taken_as_people_paste_them(environment: dict[str, str], text: str, url: str) -> None:
    assert server_of(text, environment=environment).url == url


@pytest.mark.parametrize("text", ["registry", "ftp://registry", "http://", "http://a/?b", "http://ana:secret@registry"])
def test_what_is_no_address_is_refused_without_repeating_secrets(environment: dict[str, str], text: str) -> None:
    with pytest.raises(errors.Misconfigured) as caught:
        server_of(text, environment=environment)
    assert "secret" not in str(caught.value)


def test_a_token_does_not_show_when_it_is_printed() -> None:
    assert "secret" not in repr(Server(token="secret"))
