import subprocess
import sys

from modelyard.domain.query import FIELDS, Subject, ValueKind, fields_of, find_field


def test_models_have_the_fields_that_need_no_version() -> None:
    patterns = [spec.pattern for spec in fields_of(Subject.MODELS)]

    assert patterns == ["model", "name", "owner", "description", "created", "updated", "tag.<k>"]


def test_versions_have_every_field() -> None:
    assert fields_of(Subject.VERSIONS) == tuple(FIELDS.values())


def test_a_field_is_found_by_its_exact_name() -> None:
    spec = find_field("number")

    assert spec is not None
    assert spec.kind is ValueKind.INTEGER
    assert find_field("Number") is None


def test_every_field_is_registered_under_its_own_name() -> None:
    assert all(spec.name == name and spec.subjects for name, spec in FIELDS.items())


def test_importing_the_language_does_not_build_its_parser() -> None:
    program = "import modelyard.domain.query.builder as b; raise SystemExit(b._lark.cache_info().currsize)"

    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0
