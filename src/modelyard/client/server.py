"""Which registry is meant, and who speaks to it: by arguments, the environment, or a profile of `modelyard login`."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from modelyard.client.failures import Misconfigured

DEFAULT_URL: Final = "http://127.0.0.1:8000"
DEFAULT_PROFILE: Final = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """An address without a slash at its end, and what is sent along: a token, or the name of whoever acts.

    Without a token the registry believes the name; with one it knows better.
    """

    url: str = DEFAULT_URL
    token: str = ""
    actor: str = ""

    def __repr__(self) -> str:
        return f"Server(url={self.url!r}, actor={self.actor!r})"  # a token must not get into logs


def server_of(
    url: str | None = None,
    token: str | None = None,
    actor: str | None = None,
    profile: str | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Server:
    """What is given counts first, then `MODELYARD_URL`, `MODELYARD_TOKEN` and `MODELYARD_ACTOR`, then the profile.

    The profile is `profile`, or the one that `MODELYARD_PROFILE` names, or `default`. A token from a profile is sent to
    the address of that profile alone. Without any address it is `http://127.0.0.1:8000`.

    Raises:
        Misconfigured: the address is none, or the named profile is not there.
    """
    named = profile or environment.get("MODELYARD_PROFILE", "")
    kept = read_profile(named or DEFAULT_PROFILE, environment, must_exist=bool(named))
    address = _address(url or environment.get("MODELYARD_URL") or kept.url)
    has_own_address = address == kept.url
    return Server(
        url=address,
        token=token or environment.get("MODELYARD_TOKEN") or (kept.token if has_own_address else ""),
        actor=actor or environment.get("MODELYARD_ACTOR") or (kept.actor if has_own_address else "") or _user(),
    )


def _address(text: str) -> str:
    parts = urlsplit(text.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise Misconfigured(f"{text!r} is no address of a registry", hint=f"Give one such as {DEFAULT_URL}.")
    if parts.username or parts.password:
        raise Misconfigured("an address may not hold a name or password", hint="Use MODELYARD_TOKEN instead.")
    path = parts.path.rstrip("/").removesuffix("/api/v1")
    return f"{parts.scheme}://{parts.netloc}{path}"


def _user() -> str:
    import getpass  # costs 10 ms, and a token makes it needless

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without a user's name
        return ""


def profiles_path(environment: Mapping[str, str] = os.environ) -> Path:
    """The file of profiles: `MODELYARD_CONFIG`, or in the user's folder for settings."""
    if chosen := environment.get("MODELYARD_CONFIG"):
        return Path(chosen)
    from platformdirs import user_config_path  # only where a file has to be found

    return user_config_path("modelyard", appauthor=False) / "profiles.json"


def read_profile(name: str, environment: Mapping[str, str] = os.environ, *, must_exist: bool = False) -> Server:
    """A profile that `modelyard login` wrote; without it the default address and no token.

    Raises:
        Misconfigured: the file cannot be read, or the profile has to exist and does not.
    """
    profiles = read_profiles(environment)
    if must_exist and name not in profiles:
        there = ", ".join(sorted(profiles)) or "none"
        raise Misconfigured(f"there is no profile {name!r}", hint=f"Run `modelyard login`. There are: {there}.")
    return profiles.get(name, Server())


def read_profiles(environment: Mapping[str, str] = os.environ) -> Mapping[str, Server]:
    """All profiles by name.

    Raises:
        Misconfigured: the file cannot be read.
    """
    path = profiles_path(environment)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): Server(**{key: str(value) for key, value in one.items()}) for name, one in document.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise Misconfigured(
            f"{path} cannot be read: {error}", hint="Mend or remove it, then `modelyard login`."
        ) from None


def write_profiles(profiles: Mapping[str, Server], environment: Mapping[str, str] = os.environ) -> Path:
    """Replace the file as a whole; nobody else on the machine can read it, since it holds tokens."""
    path = profiles_path(environment)
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {name: {"url": one.url, "token": one.token, "actor": one.actor} for name, one in profiles.items()}
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2)
    beside.replace(path)
    return path
