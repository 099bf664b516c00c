from pathlib import Path

import pytest

from modelyard.bootstrap.settings import Settings, SettingsError, UnknownSetting, ValueNotAllowed, declared_settings
from modelyard.client.variables import CLIENT_VARIABLES


def test_without_variables_the_defaults_hold() -> None:
    assert Settings.from_env({}) == Settings()


WITHOUT_A_VALUE = {
    *("data_dir", "database_url", "blob_store_url", "rate_store_url"),
    *("secret_key", "public_url", "oidc_issuer", "oidc_client_secret", "oidc_groups_claim"),
}
"""Those whose default is computed, or nothing."""


def test_every_default_is_a_value_that_could_be_given() -> None:
    defaults = Settings()
    for setting in declared_settings():
        if setting.field not in WITHOUT_A_VALUE:
            assert setting.reader.read(setting.default) == getattr(defaults, setting.field), setting.variable


def test_variables_of_other_programs_are_ignored() -> None:
    assert Settings.from_env({"PATH": "/bin", "MODELYARDS": "x"}) == Settings()


@pytest.mark.parametrize("variable", CLIENT_VARIABLES)
def test_variables_of_the_client_are_ignored(variable: str) -> None:
    assert Settings.from_env({variable: "x"}) == Settings()


def test_the_data_folder_is_absolute_and_holds_the_database() -> None:
    settings = Settings.from_env({"MODELYARD_DATA_DIR": "some/where"})
    assert settings.data_dir == Path.cwd() / "some/where"
    assert settings.database_url == f"sqlite:///{Path.cwd()}/some/where/registry.db"


def test_the_home_folder_may_be_written_as_a_tilde() -> None:
    assert Settings.from_env({"MODELYARD_DATA_DIR": "~/registry"}).data_dir == Path.home() / "registry"


def test_the_database_may_be_elsewhere() -> None:
    settings = Settings.from_env({"MODELYARD_DATABASE_URL": "sqlite:////elsewhere/a.db"})
    assert settings.database_url == "sqlite:////elsewhere/a.db"


@pytest.mark.parametrize(
    ("variable", "value", "field", "expected"),
    [
        ("PORT", "0", "port", 0),
        ("ACCESS_LOG", "Yes", "access_log", True),
        ("ACCESS_LOG", "0", "access_log", False),
        ("LOG_LEVEL", "DEBUG", "log_level", "debug"),
        ("MAX_JSON_BYTES", "2048", "max_json_bytes", 2048),
        ("MAX_JSON_BYTES", "2 MiB", "max_json_bytes", 2 * 1024**2),
        ("MAX_UPLOAD_BYTES", "3GiB", "max_upload_bytes", 3 * 1024**3),
        ("BLOB_STORE_URL", "s3://models", "blob_store_url", "s3://models"),
        ("BLOB_STORE_URL", "az://models/team-1/a_b.c", "blob_store_url", "az://models/team-1/a_b.c"),
        ("DOWNLOAD_REDIRECT", "on", "download_redirect", True),
        ("HEADER_TIMEOUT_SECONDS", "0.25", "header_timeout_seconds", 0.25),
    ],
)
def test_a_value_is_read_by_the_type_of_its_setting(variable: str, value: str, field: str, expected: object) -> None:
    assert getattr(Settings.from_env({f"MODELYARD_{variable}": value}), field) == expected


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "-1"),
        ("PORT", "65536"),
        ("PORT", "8_000"),
        ("PORT", "٨٠٨٠"),
        ("PORT", "eight"),
        ("PORT", ""),
        ("WORKERS", "0"),
        ("HOST", " "),
        ("ACCESS_LOG", "maybe"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("MAX_JSON_BYTES", "1 MB"),
        ("MAX_JSON_BYTES", "1"),
        ("MAX_HEADER_BYTES", "2 MiB"),
        ("MAX_UPLOAD_BYTES", "9" * 30),
        ("UPLOAD_TTL_SECONDS", "9" * 15),
        ("HEADER_TIMEOUT_SECONDS", "0"),
        ("HEADER_TIMEOUT_SECONDS", "nan"),
        ("BODY_IDLE_TIMEOUT_SECONDS", "inf"),
        ("BODY_IDLE_TIMEOUT_SECONDS", "soon"),
        ("DATA_DIR", ""),
        ("DATA_DIR", "what?"),
        ("DATA_DIR", "a\nb"),
        ("BLOB_STORE_URL", "s3://"),
        ("BLOB_STORE_URL", "s3://models/"),
        ("BLOB_STORE_URL", "s3://models//a"),
        ("BLOB_STORE_URL", "s3://models/../a"),
        ("BLOB_STORE_URL", "s3://models?region=x"),
        ("BLOB_STORE_URL", "s3://key:secret@models"),
        ("BLOB_STORE_URL", "https://models.example.org"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "postgresql://"),
        ("DATABASE_URL", "postgresql+psycopg://me@db/registry"),
        ("DATABASE_POOL_SIZE", "0"),
        ("DATABASE_URL", "sqlite:///a.db?mode=memory"),
    ],
)
def test_a_value_that_is_not_allowed_is_named_with_what_is(variable: str, value: str) -> None:
    name = f"MODELYARD_{variable}"
    with pytest.raises(ValueNotAllowed, match=f"^{name}=.* is not allowed; expected ") as refused:
        Settings.from_env({name: value})
    assert repr(value).partition("://")[0] in str(refused.value)


@pytest.mark.parametrize("url", ["postgresql://me:secret@db/two registries", "mysql://me:secret@db/registry"])
def test_the_password_of_a_database_is_not_repeated(url: str) -> None:
    with pytest.raises(SettingsError, match=r"expected sqlite:///<path of a file> or postgresql://<user>") as refused:
        Settings.from_env({"MODELYARD_DATABASE_URL": url})
    assert "secret" not in str(refused.value)


def test_the_address_of_a_database_is_not_shown_with_the_settings() -> None:
    settings = Settings.from_env({"MODELYARD_DATABASE_URL": "postgresql://me:secret@db/registry"})
    assert settings.is_shared
    assert "secret" not in repr(settings)


def test_an_unknown_variable_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownSetting, match="MODELYARD_PROT is not a setting; the nearest one is MODELYARD_PORT"):
        Settings.from_env({"MODELYARD_PROT": "8000"})


def test_the_value_of_an_unknown_variable_is_not_repeated() -> None:
    with pytest.raises(UnknownSetting) as refused:
        Settings.from_env({"MODELYARD_PASSWORD": "secret"})
    assert "secret" not in str(refused.value)
