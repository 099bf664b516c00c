import re

from modelyard.application.queries.page import MAX_COUNT
from modelyard.application.services.measuring import MAX_POINTS
from modelyard.domain import file_path, json_value, model_version, names, registered_model
from modelyard.domain.bounds import MAX_PAGE_ITEMS
from modelyard.domain.event import Action
from modelyard.domain.lifecycle import STEPS
from modelyard.domain.query import MAX_CHARACTERS, MAX_TERMS
from modelyard.infrastructure.database.writer import MAX_WAITING
from tests.docs.guide import ROOT

CONCEPTS = (ROOT / "docs" / "concepts.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")

LIMITS = {
    "name of a model": [names.MAX_MODEL_NAME],
    "alias": [names.MAX_ALIAS],
    "key of a tag or parameter, name of a metric, actor": [names.MAX_KEY],
    "tags of a model or version": [names.MAX_TAGS, names.MAX_TAG_VALUE],
    "description": [registered_model.MAX_DESCRIPTION],
    "card": [model_version.MAX_CARD_BYTES // 1024],
    "parameters of a version": [model_version.MAX_PARAMS],
    "`params`, `signature`, `lineage`, `metadata`, each": [model_version.MAX_JSON_BYTES // 1024],
    "files of a version": [model_version.MAX_FILES],
    "path of a file": [file_path.MAX_PATH_BYTES, file_path.MAX_PART_BYTES],
    "JSON body": [json_value.MAX_DEPTH],
    "metrics in one request": [MAX_POINTS],
    "query": [MAX_CHARACTERS, MAX_TERMS],
    "items of a page": [MAX_PAGE_ITEMS],
    "total of a list": [MAX_COUNT],
    "changes that wait to be written": [MAX_WAITING],
}


def test_the_table_of_steps_is_that_of_the_code() -> None:
    rows = re.findall(r"(?m)^\| (\w+) \| (\w+) \| (\w+)(?:,[^|]*)? \|$", CONCEPTS)
    steps = [(source.value, target.value, step.value) for (source, target), step in STEPS.items()]
    assert rows[1:] == steps


def test_each_action_of_an_event_is_explained() -> None:
    section = CONCEPTS.partition("\n## Event\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"`([a-z_]+\.[a-z_]+)`", section)) == {action.value for action in Action}


def test_each_limit_is_that_of_the_code() -> None:
    rows = dict(re.findall(r"(?m)^\| ([^|]+) \| ([^|]+) \|$", OPERATIONS.partition("\n## Limits\n")[2]))
    shown = {what: re.findall(r"(?<![\d,])[\d,]*\d(?![\d,]*\d)", rows[what]) for what in LIMITS}
    assert {what: [number for number in numbers if number != "503"] for what, numbers in shown.items()} == {
        what: [f"{limit:,}" for limit in limits] for what, limits in LIMITS.items()
    }
