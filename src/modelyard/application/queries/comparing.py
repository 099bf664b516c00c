"""Versions beside each other: a table that tells what differs."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from modelyard.application.ports.database import Transaction
from modelyard.domain.digest import digest_of
from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.event import rfc3339
from modelyard.domain.json_value import JsonValue
from modelyard.domain.model_version import ModelVersion
from modelyard.domain.reference import Reference

MAX_VERSIONS = 100
MAX_ROWS = 5_000


class Section(StrEnum):
    """What a row is about."""

    VERSION = "version"
    METRICS = "metrics"
    PARAMS = "params"
    TAGS = "tags"
    FRAMEWORK = "framework"
    SIGNATURE = "signature"
    LINEAGE = "lineage"
    FILES = "files"
    METADATA = "metadata"


@dataclass(frozen=True, slots=True)
class Cell:
    """What a version has there, which may be null."""

    value: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that versions can have; `cells` are in the order of the versions, None where a version has it not.

    `deltas` are those of metrics to the baseline; None where one of the two is not there.
    """

    section: Section
    name: str
    cells: Sequence[Cell | None]
    deltas: Sequence[float | None] | None

    @property
    def is_different(self) -> bool:
        """Whether not all versions have the same; 1 and 1.0 are the same number, 1 and true are not."""
        shown = {None if cell is None else json.dumps(_as_compared(cell.value), sort_keys=True) for cell in self.cells}
        return len(shown) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The versions in the order asked for, and the rows by section and name; `baseline` is the place of a version.

    Where there are more than 5,000 rows `is_complete` is False, and the rows behind these are left out.
    """

    versions: Sequence[ModelVersion]
    baseline: int
    rows: Sequence[Row]
    is_complete: bool


def compare_versions(
    tx: Transaction, wanted: Sequence[tuple[str, Reference]], baseline: int, *, only_differences: bool
) -> Comparison:
    """Hold versions of one or of several models against each other.

    Raises:
        ModelNotFound, VersionNotFound: one is not there.
        InvalidInput: fewer than 2 or more than 100 versions.
    """
    if not 2 <= len(wanted) <= MAX_VERSIONS:
        message = f"must name 2 to {MAX_VERSIONS} versions, not {len(wanted)}"
        raise InvalidInput(f"versions {message}", errors=[FieldError(pointer="versions", message=message)])
    versions = [tx.versions.get(model, reference) for model, reference in wanted]
    columns = [dict(_entries(tx, version)) for version in versions]
    places = dict.fromkeys(place for section in Section for place in _sorted(columns, section))
    rows = [_row(section, name, columns, baseline) for section, name in places]
    if only_differences:
        rows = [row for row in rows if row.is_different]
    return Comparison(versions=versions, baseline=baseline, rows=rows[:MAX_ROWS], is_complete=len(rows) <= MAX_ROWS)


_Place = tuple[Section, str]


def _sorted(columns: Sequence[Mapping[_Place, JsonValue]], section: Section) -> list[_Place]:
    found = {place for column in columns for place in column if place[0] is section}
    return sorted(found) if section is not Section.VERSION else [place for place in columns[0] if place in found]


def _row(section: Section, name: str, columns: Sequence[Mapping[_Place, JsonValue]], baseline: int) -> Row:
    place = (section, name)
    cells = [Cell(column[place]) if place in column else None for column in columns]
    deltas = _deltas(cells, baseline) if section is Section.METRICS else None
    return Row(section=section, name=name, cells=cells, deltas=deltas)


def _deltas(cells: Sequence[Cell | None], baseline: int) -> list[float | None]:
    values = [cell.value if cell is not None and isinstance(cell.value, int | float) else None for cell in cells]
    held = values[baseline]
    return [None if value is None or held is None else value - held for value in values]


def _entries(tx: Transaction, version: ModelVersion) -> Iterator[tuple[_Place, JsonValue]]:
    own: dict[str, JsonValue] = {
        "stage": version.stage.value,
        "aliases": list(version.aliases),
        "description": version.description,
        "card": digest_of(version.card.encode()) if version.card else "",
        "digest": version.digest,
        "size_bytes": version.size_bytes,
        "created_at": rfc3339(version.created_at),
        "created_by": version.created_by,
    }
    yield from _placed(Section.VERSION, own)
    yield from _placed(Section.METRICS, {str(point.key): point.value for point in tx.metrics.latest(version.id)})
    yield from _placed(Section.PARAMS, version.params)
    yield from _placed(Section.TAGS, version.tags)
    yield from _placed(Section.FRAMEWORK, version.framework or {})
    yield from _placed(Section.FILES, {str(file["path"]): _file(file) for file in version.files})
    for section, document in (
        (Section.SIGNATURE, version.signature),
        (Section.LINEAGE, version.lineage),
        (Section.METADATA, version.metadata),
    ):
        yield from _placed(section, dict(_leaves("", document or {})))


def _placed(section: Section, values: Mapping[str, JsonValue]) -> Iterator[tuple[_Place, JsonValue]]:
    return (((section, name), value) for name, value in values.items())


def _file(file: Mapping[str, JsonValue]) -> JsonValue:
    return {"digest": file["digest"], "size_bytes": file["size_bytes"]}


def _leaves(path: str, value: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    """Objects are entered, by keys joined with dots; a list is one value, and so is an empty object."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(f"{path}.{key}" if path else key, inner)
    elif path:
        yield path, value


def _as_compared(value: JsonValue) -> JsonValue:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, Mapping):
        return {key: _as_compared(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_as_compared(inner) for inner in value]
    return value
