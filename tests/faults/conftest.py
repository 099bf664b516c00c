"""What these tests count is told at the end of the run: passing says that nothing was lost, not how much was tried."""

from collections.abc import Callable

import pytest

TOLD = "told"
Tell = Callable[[str], None]


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    """Keeps a line for the end of the run, whichever process of pytest-xdist the test runs in."""

    def keep(line: str) -> None:
        record_property(TOLD, line)

    return keep


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was kept. Only where this folder is named, as `make test-faults` does: else pytest reads this late."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    told = [
        (report.nodeid.rpartition("/")[2], value)
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == TOLD
    ]
    if told:
        terminalreporter.section("figures")
    for test, line in told:
        terminalreporter.write_line(f"{test}: {line}")
