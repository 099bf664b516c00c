"""The OpenAPI document is complete: what it leaves out, nobody finds."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel
from starlette.routing import Mount

from modelyard.bootstrap.container import build_context
from modelyard.bootstrap.settings import Settings
from modelyard.domain.permission import Permission
from modelyard.presentation.api.app import create_api
from modelyard.presentation.api.fields import Input, Output
from modelyard.presentation.http.routing import RegistryRoute
from tests.api.in_process import Contract
from tests.api.steps import FIRST, add_version, digest_of, done, point

EXPECTED = {
    "abandon_upload", "append_metrics", "approve_request", "begin_upload", "check_health", "check_ready",
    "compare", "compare_versions_of_model", "continue_upload", "count_facets", "create_model", "create_request",
    "create_transition", "create_webhook",
    "delete_alias", "delete_model", "delete_model_policy", "delete_policy", "delete_version", "delete_webhook",
    "download_archive",
    "download_file", "find_missing", "finish_upload", "head_file", "head_upload", "list_aliases", "list_deliveries",
    "list_events", "list_files", "list_metrics", "list_model_events", "list_models", "list_policies", "list_requests",
    "list_transitions", "list_versions", "list_webhooks", "point_alias", "prove_history", "put_blob", "put_blobs",
    "read_alias",
    "read_history", "read_model", "read_model_leaderboard", "read_model_policy", "read_openapi",
    "read_overall_leaderboard", "read_policy", "read_request", "read_timeline",
    "read_version", "read_webhook", "redeliver", "register_version", "reject_request", "rename_model", "roll_back",
    "search_versions", "set_model_policy", "set_policy", "show_docs", "suggest",
    "summarise_metrics", "test_webhook", "update_model",
    "update_version", "update_webhook", "withdraw_request",
    "create_account", "create_grant", "create_group", "create_token", "delete_grant", "delete_group", "join_group",
    "leave_group", "list_accounts", "list_grants", "list_groups", "list_tokens", "read_account", "read_group",
    "create_workload_identity", "delete_workload_identity", "list_workload_identities",
    "authorize_device", "give_token",
    "read_me", "revoke_token", "rotate_token", "update_account", "change_password", "remove_password", "set_password",
    "read_telemetry",
}  # fmt: skip
RAW = {"application/octet-stream", "application/x-tar"}


def operations(contract: Contract) -> Iterator[tuple[str, str, Any]]:
    for path, methods in contract.paths.items():
        for method, operation in methods.items():
            yield method, path, operation


def test_every_operation_has_a_readable_id(contract: Contract) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(contract)]
    assert len(ids) == len(set(ids))
    assert set(ids) == EXPECTED


def test_every_route_is_documented_and_names_the_permission_that_it_needs(
    contract: Contract, tmp_path_factory: pytest.TempPathFactory
) -> None:
    app = create_api(build_context(Settings(data_dir=tmp_path_factory.mktemp("nothing"))))
    mounts = []
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, Mount):
            mounts.append(route.path)
            continue
        assert isinstance(route, APIRoute)
        assert isinstance(route, RegistryRoute), route.path
        assert route.openapi_extra, route.path
        assert route.openapi_extra["x-permission"] in set(Permission), route.path
        assert context.path_format is not None
        assert context.path_format in contract.paths, route.path
        assert {method.lower() for method in route.methods or ()} <= set(contract.paths[context.path_format])
    assert mounts == ["/docs/assets"], "files of an installed package, for everyone"


def test_every_operation_says_what_it_does_and_needs(contract: Contract) -> None:
    for method, path, operation in operations(contract):
        assert operation["summary"], (method, path)
        assert operation["description"].endswith((".", '"')), (method, path)
        assert len(operation["tags"]) == 1, (method, path)
        assert operation["x-permission"] in set(Permission), (method, path)


def test_every_parameter_is_described(contract: Contract) -> None:
    for method, path, operation in operations(contract):
        for parameter in operation.get("parameters", []):
            assert parameter.get("description") or parameter["schema"], (method, path, parameter["name"])
            if parameter["in"] != "query":
                assert parameter["description"], (method, path, parameter["name"])


def test_every_json_body_has_an_example(contract: Contract) -> None:
    for method, path, operation in operations(contract):
        if method in {"post", "patch", "put"} and "requestBody" in operation:
            for media_type, media in operation["requestBody"]["content"].items():
                assert media_type in RAW or media["example"], (method, path)
        for status, answer in operation["responses"].items():
            if "application/json" in answer.get("content", {}):
                assert "example" in answer["content"]["application/json"], (method, path, status)


def test_every_answer_has_a_request_id_and_every_error_is_a_problem(contract: Contract) -> None:
    for method, path, operation in operations(contract):
        assert {"400", "403", "422"} <= set(operation["responses"]), (method, path)
        for status, answer in operation["responses"].items():
            assert answer["headers"]["X-Request-Id"]["required"], (method, path, status)
            assert answer["description"], (method, path, status)
            if int(status) >= 400:
                [media] = answer["content"].values()
                assert set(answer["content"]) == {"application/problem+json"}, (method, path, status)
                assert media["schema"] == {"$ref": "#/components/schemas/Problem"}
                assert media["examples"]


def test_every_change_of_what_has_a_state_takes_if_match(contract: Contract) -> None:
    for method, path, operation in operations(contract):
        is_stateful = "{model}" in path and method in {"patch", "put", "delete"}
        names = {parameter["name"] for parameter in operation.get("parameters", [])}
        assert ("If-Match" in names) >= is_stateful, (method, path)
        assert ("412" in operation["responses"]) == ("If-Match" in names), (method, path)


def test_every_post_that_changes_something_takes_an_idempotency_key(contract: Contract) -> None:
    without = {
        *("find_missing", "test_webhook"),  # they change nothing
        *(
            "create_webhook",
            "create_token",
            "rotate_token",
            "authorize_device",
            "give_token",
        ),  # their answers hold a secret, which is not kept
        *("put_blobs", "redeliver"),  # doing it twice is doing it once
    }
    for method, _, operation in operations(contract):
        names = {parameter["name"] for parameter in operation.get("parameters", [])}
        is_expected = method == "post" and operation["operationId"] not in without
        assert ("Idempotency-Key" in names) == is_expected, operation["operationId"]


def schemas_below(parent: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for child in parent.__subclasses__():
        if child.__module__.startswith("modelyard."):
            yield child
        yield from schemas_below(child)


@pytest.mark.parametrize("schema", [*schemas_below(Input), *schemas_below(Output)], ids=lambda schema: schema.__name__)
def test_every_field_of_a_body_is_told_by_example(contract: Contract, schema: type[BaseModel]) -> None:
    document = contract.example_of(schema.__name__)
    assert document
    assert isinstance(schema.model_validate(document), schema)


async def test_the_examples_of_bodies_are_taken_by_the_registry(api: httpx.AsyncClient, contract: Contract) -> None:
    for number in range(1, 5):
        await add_version(api, description=str(number))
    await point(api, "champion", 1)
    done(await api.post("/accounts", json={"name": "ana"}))
    done(await api.post("/groups", json={"name": "risk"}))
    # What stands for bytes in the examples is of no bytes that there are.
    expected = {"register_version": {409}, "create_model": {409}, "rename_model": {200}, "roll_back": {409}}
    expected |= {"create_workload_identity": {422}}  # no issuer is trusted here
    expected |= {"create_account": {409}, "set_password": {204}, "change_password": {404}}
    expected |= {f"{verb}_request": {404} for verb in ("approve", "reject", "withdraw")}
    renames = [item for item in operations(contract) if item[2]["operationId"] == "rename_model"]
    others = [item for item in operations(contract) if item[2]["operationId"] != "rename_model"]
    for method, path, operation in [*others, *renames]:
        media = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if media is None:
            continue
        address = path.removeprefix("/api/v1").format(
            model="churn", ref="4", alias="challenger", pattern="fraud.*", request_id=7, webhook_id=1, account="ana"
        )
        response = await api.request(method, address, json=media["example"])
        statuses = expected.get(operation["operationId"], {200, 201})
        assert response.status_code in statuses, (method, path, response.text)


async def test_answers_match_what_is_promised_of_a_digest(api: httpx.AsyncClient) -> None:
    await add_version(api, files={"a": b"x"})
    assert done(await api.get(FIRST))["files"][0]["digest"] == digest_of(b"x")
