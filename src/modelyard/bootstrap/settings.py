"""Every setting of the server, declared once: name, type, default, allowed values and meaning.

docs/settings.md is held against this file by a test, so a setting cannot be added without being documented.
"""

import dataclasses
import difflib
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated

from modelyard.bootstrap import setting_readers as read
from modelyard.bootstrap.access_settings import AccessSettings
from modelyard.bootstrap.setting_readers import NotAllowed, Reader
from modelyard.client.variables import CLIENT_VARIABLES

PREFIX = "MODELYARD_"
_DAY = 24 * 3600
_TEN_YEARS = 3650 * _DAY


class SettingsError(Exception):
    """A setting that cannot be used; the message is meant for the operator."""


class ValueNotAllowed(SettingsError):
    """A value that its setting does not allow.

    What follows `://` is left out of the message, since a database address may carry a password.
    """

    def __init__(self, variable: str, value: str, allowed: str) -> None:
        scheme, separator, _ = value.partition("://")
        shown = f"{scheme}{separator}…" if separator else value
        super().__init__(f"{variable}={shown!r} is not allowed; expected {allowed}.")


class UnknownSetting(SettingsError):
    """A variable with the prefix that is no setting; its value may be a secret, and is left out of the message."""

    def __init__(self, variable: str, known: Iterable[str]) -> None:
        nearest = difflib.get_close_matches(variable, known, n=1, cutoff=0.0)
        super().__init__(f"{variable} is not a setting; the nearest one is {nearest[0]}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One row of the table of settings, as docs/settings.md shows it."""

    field: str
    variable: str
    default: str
    meaning: str
    reader: Reader[object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(AccessSettings):
    """All settings of one server process.

    Each field is annotated with its type, its reader and its meaning, and with its default in words where that one is
    computed. `data_dir` is absolute from here on. Rules that join several settings (which address needs
    authentication, how many workers a database allows) belong to the commands.
    """

    data_dir: Annotated[
        Path, read.folder(), "Folder that holds the database and the files of all models.", "./modelyard-data"
    ] = Path("modelyard-data")
    host: Annotated[str, read.text(), "Address to listen on. Without authentication: a loopback address."] = "127.0.0.1"
    port: Annotated[int, read.integer(0, 65535), "Port to listen on; 0 takes a free one."] = 8000
    tls_cert: Annotated[
        Path | None, read.file(), "File with the server's certificate and its chain, in PEM: the server speaks TLS."
    ] = None
    tls_key: Annotated[Path | None, read.file(), "File with the certificate's private key, in PEM."] = None
    trusted_proxies: Annotated[
        tuple[IPv4Network | IPv6Network, ...],
        read.networks(),
        "Networks of proxies that are believed in X-Forwarded-For and X-Forwarded-Proto.",
    ] = ()
    workers: Annotated[
        int, read.integer(1, 256), "Server processes. SQLite is served by one, PostgreSQL by any number."
    ] = 1
    database_url: Annotated[
        str, read.database_url(), "Where the database is.", "sqlite:///<MODELYARD_DATA_DIR>/registry.db"
    ] = dataclasses.field(
        default="", repr=False
    )  # it may hold a password
    database_pool_size: Annotated[
        int,
        read.integer(1, 1000),
        "Connections to PostgreSQL that a process opens for point reads; as many for changes, half as many for lists.",
    ] = 5
    blob_store_url: Annotated[
        str, read.blob_store_url(), "Where the files of all models are.", "the folder <MODELYARD_DATA_DIR>/blobs"
    ] = ""
    blob_store_allow_http: Annotated[bool, read.switch(), "Let the endpoint of an object store be one without TLS."] = (
        False
    )
    download_redirect: Annotated[
        bool, read.switch(), "Answer downloads with a redirect to a signed address of the object store."
    ] = False
    verify_downloads: Annotated[
        bool, read.switch(), "Hash whole files and archives as they are sent, and break off where one is damaged."
    ] = False
    log_format: Annotated[
        str, read.choice("auto", "json", "console"), "How log lines look. auto: console on a terminal, json elsewhere."
    ] = "auto"
    log_level: Annotated[
        str, read.choice("debug", "info", "warning", "error", "critical"), "The least severe records that are logged."
    ] = "info"
    access_log: Annotated[bool, read.switch(), "Log a line for each request (always done at level debug)."] = False
    max_json_bytes: Annotated[int, read.size(1024), "Largest JSON body of a request."] = 16 * 1024**2
    max_upload_bytes: Annotated[int, read.size(1), "Largest single file."] = 1024**4
    upload_ttl_seconds: Annotated[
        int, read.integer(1, _TEN_YEARS), "How long an unfinished upload is kept after its last byte."
    ] = (7 * _DAY)
    blob_lease_seconds: Annotated[
        int, read.integer(60, _TEN_YEARS), "How long an uploaded file is kept that no version holds."
    ] = _DAY
    gc_interval_seconds: Annotated[
        int,
        read.integer(0, _TEN_YEARS),
        "How often the server deletes what nothing refers to; 0 leaves it to commands.",
    ] = 3600
    orphan_age_seconds: Annotated[
        int, read.integer(_DAY // 2, _TEN_YEARS), "How long files are left alone that the database knows nothing of."
    ] = _DAY
    idempotency_ttl_seconds: Annotated[
        int, read.integer(60, _TEN_YEARS), "How long the answer to an Idempotency-Key is kept."
    ] = _DAY
    webhook_networks: Annotated[
        tuple[IPv4Network | IPv6Network, ...],
        read.networks(),
        "Networks that webhooks may be sent to beside the public internet.",
    ] = ()
    webhook_allow_http: Annotated[bool, read.switch(), "Let webhooks be sent to addresses without TLS."] = False
    webhook_timeout_seconds: Annotated[float, read.seconds(), "How long one try to send a webhook may take."] = 15.0
    webhook_tries: Annotated[int, read.integer(1, 100), "How often a webhook is tried before it is given up."] = 10
    webhook_pause_seconds: Annotated[
        float, read.seconds(), "Pause after the first failed try; each next one is four times longer, up to 6 hours."
    ] = 5.0
    webhook_log_seconds: Annotated[
        int, read.integer(60, _TEN_YEARS), "How long deliveries that have ended stay in the log of a webhook."
    ] = (30 * _DAY)
    header_timeout_seconds: Annotated[float, read.seconds(), "How long the head of a request may take to arrive."] = (
        10.0
    )
    body_idle_timeout_seconds: Annotated[
        float, read.seconds(), "How long a request body may make no progress, or come slower than 1 KiB a second."
    ] = 30.0
    shutdown_timeout_seconds: Annotated[
        int, read.integer(1, 3600), "How long running requests may take to end when the server is stopped."
    ] = 30
    max_header_bytes: Annotated[
        int, read.size(1024, 1024**2), "Largest head of a request: its first line and its headers."
    ] = (64 * 1024)

    def __post_init__(self) -> None:
        """Fill in what depends on other settings."""
        object.__setattr__(self, "data_dir", self.data_dir.expanduser().absolute())
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{self.data_dir / 'registry.db'}")

    @property
    def has_tls(self) -> bool:
        """Whether the server speaks TLS itself."""
        return self.tls_cert is not None

    @property
    def is_shared(self) -> bool:
        """Whether the database is one that several processes may serve."""
        return not self.database_url.startswith("sqlite:")

    @classmethod
    def from_env(cls, variables: Mapping[str, str]) -> "Settings":
        """Read the settings from environment variables; variables without the prefix, and the client's, are ignored.

        Raises:
            ValueNotAllowed: A value is none that its setting allows.
            UnknownSetting: A variable with the prefix is not a setting.
        """
        known = {setting.variable: setting for setting in declared_settings()}
        values: dict[str, object] = {}
        for variable, value in variables.items():
            if not variable.startswith(PREFIX) or variable in CLIENT_VARIABLES:
                continue
            setting = known.get(variable)
            if setting is None:
                raise UnknownSetting(variable, known)
            try:
                values[setting.field] = setting.reader.read(value)
            except NotAllowed:
                raise ValueNotAllowed(variable, value, setting.reader.allowed) from None
        return cls(**values)  # type: ignore[arg-type]  # each reader gives the type of its field


def declared_settings() -> Iterator[Setting]:
    """All settings, in the order of their declaration; those of access, which are declared apart, come last."""
    hints = typing.get_type_hints(Settings, include_extras=True)
    inherited = len(dataclasses.fields(AccessSettings))
    fields = dataclasses.fields(Settings)
    for field in (*fields[inherited:], *fields[:inherited]):
        _, reader, meaning, *default = typing.get_args(hints[field.name])
        yield Setting(
            field=field.name,
            variable=PREFIX + field.name.upper(),
            default=default[0] if default else reader.show(field.default),
            meaning=meaning,
            reader=reader,
        )
