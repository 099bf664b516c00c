import pytest

from benchmarks.callgrind import total_of
from benchmarks.http_client import LoadFailed

DUMP = """\
# callgrind format
desc: Trigger: dump
events: Ir
summary: 0

fn=(1) main
7 204837331

totals: 204837331
"""


def test_instructions_are_read() -> None:
    assert total_of(DUMP) == 204_837_331


def test_nothing_counted_is_a_failure() -> None:
    with pytest.raises(LoadFailed, match="counted nothing"):
        total_of(DUMP.replace("totals: 204837331", "totals: 0"))
    with pytest.raises(LoadFailed, match="counted nothing"):
        total_of("")
