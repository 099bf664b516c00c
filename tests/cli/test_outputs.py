import csv
import io
import json
from collections.abc import Callable

import pytest
import yaml

from modelyard.client.registry import Registry
from tests.cli.program import Inside

Documents = Callable[[Registry, str], object]


def versions(registry: Registry, model: str) -> object:
    return [version.document for version in registry.model(model).versions()]


def events(registry: Registry, model: str) -> object:
    return [event.document for event in registry.model(model).events(limit=50)]


LISTS: list[tuple[str, Documents]] = [
    ("ls {}", versions),
    ("search model:{}", versions),
    ("events {}", events),
    ("history {}", lambda registry, model: [one.document for one in registry.model(model).timeline()]),
    ("alias ls {}", lambda registry, model: [one.document for one in registry.model(model).aliases()]),
    ("metrics ls {}:2", lambda registry, model: [one.document for one in registry.model(model).metrics(2)]),
    ("requests {}", lambda registry, model: [one.document for one in registry.model(model).requests()]),
    ("show {}:3 --files", lambda registry, model: registry.model(model).version(3).document["files"]),
    (
        "leaderboard auc@holdout --model {}",
        lambda registry, model: registry.transport.get(
            f"/models/{model}/leaderboard", {"metric": "auc", "dataset": "holdout"}
        )["items"],
    ),
]
RECORDS: list[tuple[str, Documents]] = [
    ("show {}", lambda registry, model: registry.model(model).read().document),
    ("show {}:3", lambda registry, model: registry.model(model).version(3).document),
    ("show {}@next", lambda registry, model: registry.model(model).version(2).document),
    ("policy show {}", lambda registry, model: registry.model(model).policy().document),
    ("compare {0}:1 {0}:2", lambda registry, model: registry.transport.get("/compare", pair(model))),
    (
        "diff {0}:1 {0}:2",
        lambda registry, model: registry.transport.get("/compare", {**pair(model), "differences": True}),
    ),
]
ALL = LISTS + RECORDS


def pair(model: str) -> dict[str, str | bool]:
    return {"versions": f"{model}:1,{model}:2"}


def command_of(line: str, model: str) -> list[str]:
    return line.format(model).split()


@pytest.mark.parametrize(("line", "expected"), ALL, ids=[line for line, _ in ALL])
def test_json_and_yaml_are_the_documents_of_the_api(
    inside: Inside, registry: Registry, churn: str, line: str, expected: Documents
) -> None:
    if line.startswith("requests"):
        registry.model(churn).request(2, "production")
    documents = expected(registry, churn)
    assert documents
    assert inside(*command_of(line, churn), "--json").json() == documents
    assert yaml.safe_load(inside(*command_of(line, churn), "--output", "yaml").said()) == documents


@pytest.mark.parametrize(
    ("line", "header", "first"),
    [
        ("ls {}", "version,stage,aliases,metrics,framework,size_bytes,created_at,created_by,description", "{}:3,draft"),
        ("show {}:2", "version,stage,aliases,description,tags,framework,params", '{}:2,staging,"[""next""]"'),
        ("metrics ls {}:1", "metric,value,step,recorded_at", "auc@holdout,0.9,0,"),
        ("alias ls {}", "alias,version,protected,updated_at,updated_by", "{}@next,2,false,"),
        ("diff {0}:1 {0}:2", "section,name,{0}:1,{0}:2,Δ {0}:2", "version,stage,production,staging,"),
        ("leaderboard auc@holdout --model {}", "rank,version,value,delta,stage", "1,{}:2,0.95,0.0"),
        ("history {} --stage production", "kind,name,version,since.at,since.by", "stage,production,1,"),
    ],
)
def test_csv_has_a_header_and_a_row_for_each(inside: Inside, churn: str, line: str, header: str, first: str) -> None:
    rows = inside(*command_of(line, churn), "-o", "csv").said().splitlines()
    assert rows[0].startswith(header.format(churn))
    assert rows[1].startswith(first.format(churn))


def test_csv_disarms_what_a_spreadsheet_would_run(inside: Inside, registry: Registry, churn: str) -> None:
    registry.model(churn).update_version(3, description='=HYPERLINK("http://x")')
    rows = list(csv.DictReader(io.StringIO(inside("ls", churn, "-o", "csv").said())))
    assert rows[0]["description"] == """'=HYPERLINK("http://x")"""


def test_a_table_has_headings_and_aligned_columns(inside: Inside, churn: str) -> None:
    head, first, *_ = inside("ls", churn).said().splitlines()
    assert head.split()[:3] == ["version", "stage", "aliases"]
    assert first.index("draft") == head.index("stage")


def test_a_table_that_is_piped_is_whole(inside: Inside, registry: Registry, churn: str) -> None:
    registry.model(churn).update_version(3, description="long " * 200)
    assert ("long " * 200).strip() in inside("ls", churn, COLUMNS="40").said()


def test_nothing_to_list_is_empty_json_and_a_sentence_for_people(inside: Inside) -> None:
    assert inside("search", "no-such-word-anywhere", "--json").json() == []
    told = inside("search", "no-such-word-anywhere")
    assert (told.code, told.out, told.err) == (0, "", "Nothing was found.\n")


def test_the_form_can_be_set_for_all_commands(inside: Inside, churn: str) -> None:
    assert json.loads(inside("show", churn, MODELYARD_OUTPUT="json").said())["name"] == churn


def test_people_are_told_that_there_is_more_and_programs_get_what_they_asked_for(inside: Inside, churn: str) -> None:
    told = inside("ls", churn, "--limit", "2")
    assert len(told.out.splitlines()) == 3
    assert told.err == "There are more than 2: --limit shows more.\n"
    asked = inside("ls", churn, "--limit", "2", "--json")
    assert (len(asked.json()), asked.err) == (2, "")


def test_all_that_a_search_finds_can_be_had(inside: Inside, churn: str) -> None:
    assert len(inside("search", f"model:{churn}", "--limit", "1", "--all", "--json").json()) == 3


def test_what_controls_a_terminal_is_written_out(inside: Inside, registry: Registry, churn: str) -> None:
    registry.model(churn).update_version(3, description="\x1b[31mred\x07", card="line\n\x1b]0;title\x07")
    for line in ("ls {}", "show {}:3"):
        shown = inside(*command_of(line, churn)).said()
        assert "\\x1b" in shown
        assert not {"\x1b", "\x07"} & set(shown)


def test_a_card_comes_as_it_was_written(inside: Inside, registry: Registry, churn: str) -> None:
    registry.model(churn).update_version(3, card="# Churn\n\ttabs, and no end of line")
    assert inside("show", f"{churn}:3", "--card").said() == "# Churn\n\ttabs, and no end of line\n"
