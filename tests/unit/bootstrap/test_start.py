import resource
import socket

import pytest

from modelyard.bootstrap.settings import Settings, ValueNotAllowed
from modelyard.bootstrap.start import CannotStart, allow_many_files, check_start, listen, url_of


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_loopback_addresses_are_served(host: str) -> None:
    check_start(Settings(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "::ffff:127.0.0.1", "example.org", ""])  # noqa: S104
def test_other_addresses_need_authentication(host: str) -> None:
    with pytest.raises(ValueNotAllowed, match=r"MODELYARD_HOST=.*other addresses need MODELYARD_AUTH=tokens"):
        check_start(Settings(host=host))


def test_sqlite_is_served_by_one_process() -> None:
    with pytest.raises(ValueNotAllowed, match=r"MODELYARD_WORKERS='2'.*SQLite is served by one process"):
        check_start(Settings(workers=2))


def test_postgresql_is_served_by_any_number_of_processes() -> None:
    check_start(Settings(workers=4, database_url="postgresql:///registry"))


def test_a_missing_driver_is_named_with_what_installs_it() -> None:
    with pytest.raises(CannotStart, match=r"pip install 'modelyard\[postgresql\]'"):
        check_start(Settings(database_url="postgresql:///registry"), is_installed=lambda name: name != "psycopg")


def test_a_missing_event_loop_or_parser_is_named() -> None:
    with pytest.raises(CannotStart, match="needs uvloop; install"):
        check_start(Settings(), is_installed=lambda name: name != "uvloop")
    with pytest.raises(CannotStart, match="needs uvloop and httptools; install"):
        check_start(Settings(), is_installed=lambda _: False)


def test_an_object_store_needs_its_extra() -> None:
    settings = Settings(blob_store_url="s3://models")
    with pytest.raises(CannotStart, match=r"pip install 'modelyard\[s3\]'"):
        check_start(settings, is_installed=lambda name: name != "obstore")
    check_start(settings)
    check_start(Settings(), is_installed=lambda name: name != "obstore")


def test_port_0_takes_a_free_one() -> None:
    with listen("localhost", 0) as listener:
        address, port = listener.getsockname()
        assert url_of(listener) == f"http://127.0.0.1:{port}"
        with socket.create_connection((address, port)):
            pass


def test_an_address_of_ipv6_stands_in_brackets() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        listener = listen("::1", 0)
    except CannotStart:
        pytest.skip("no IPv6 here")
    with listener:
        assert url_of(listener) == f"http://[::1]:{listener.getsockname()[1]}"


def test_a_port_in_use_is_refused() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(CannotStart, match=f"Cannot listen on 127.0.0.1 port {port}: another program uses the port"):
            listen("127.0.0.1", port)


def test_the_limit_of_open_files_is_raised_as_far_as_allowed() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        allow_many_files()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert soft == (65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536))
        assert hard == before[1]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
