from modelyard.domain.gates import expression as gates
from modelyard.domain.gates import parser
from modelyard.domain.query import FIELDS, MAX_CHARACTERS, MAX_TERMS, FieldSpec, Subject
from tests.docs.guide import ROOT

PAGE = (ROOT / "docs" / "query-language.md").read_text(encoding="utf-8")


def row_of(spec: FieldSpec) -> list[str]:
    subjects = ["yes" if subject in spec.subjects else "no" for subject in (Subject.MODELS, Subject.VERSIONS)]
    return [f"`{spec.pattern}`", *subjects, spec.kind.value]


def rows_under(heading: str) -> list[list[str]]:
    """The cells of the table of a section, without its heading."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_page_has_one_row_for_each_field_in_their_order() -> None:
    assert [row[:4] for row in rows_under("Fields")] == [row_of(spec) for spec in FIELDS.values()]


def test_each_field_has_a_meaning() -> None:
    assert all(row[4] for row in rows_under("Fields"))


def test_the_page_names_the_bounds() -> None:
    assert f"at most {MAX_CHARACTERS:,} characters and {MAX_TERMS} terms" in PAGE


def test_the_section_on_gates_has_one_row_for_each_of_their_fields_in_their_order() -> None:
    assert [row[:3] for row in rows_under("Gates")] == [
        [f"`{spec.pattern}`", spec.kind.value, "no" if spec.is_of_candidate else "yes"]
        for spec in gates.FIELDS.values()
    ]


def test_the_section_on_gates_names_their_bounds() -> None:
    assert f"{parser.MAX_CHARACTERS:,} characters and {MAX_TERMS} comparisons" in PAGE.replace("\n", " ")
