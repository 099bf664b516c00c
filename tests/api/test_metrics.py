from typing import Any

import httpx
import pytest

from tests.api.steps import FIRST, MODEL, Document, add_version, done, events_of, pointers, refused

METRICS = f"{FIRST}/metrics"
AUC = {"name": "auc", "value": 0.93}


@pytest.fixture(autouse=True)
async def _a_version(api: httpx.AsyncClient) -> None:
    await add_version(api)


async def append(api: httpx.AsyncClient, *entries: Document) -> Document:
    return done(await api.post(METRICS, json={"metrics": entries}))


class TestAppending:
    async def test_values_come_back_bit_by_bit(self, api: httpx.AsyncClient) -> None:
        values = [0.1, 1 / 3, 1e-300, 5e-324, 1.7976931348623157e308, -2.5, 0.0, 9007199254740993.0, 7]
        entries = [{"name": f"m{index}", "value": value} for index, value in enumerate(values)]
        assert await append(api, *entries) == {"appended": len(values), "unchanged": 0}
        items = done(await api.get(METRICS))["items"]
        assert [item["value"] for item in items] == values
        summary = done(await api.get(FIRST))["metrics"]
        assert list(summary.values()) == values

    async def test_a_batch_can_be_sent_again(self, api: httpx.AsyncClient) -> None:
        await append(api, AUC)
        before = await events_of(api)
        assert await append(api, AUC, AUC | {"step": 1}) == {"appended": 1, "unchanged": 1}
        assert await append(api, AUC) == {"appended": 0, "unchanged": 1}
        assert len(await events_of(api)) == len(before) + 1

    async def test_another_value_at_the_same_step_is_a_conflict_and_nothing_is_kept(
        self, api: httpx.AsyncClient
    ) -> None:
        await append(api, AUC)
        batch = {"metrics": [{"name": "f1", "value": 1}, AUC | {"value": 0.5}]}
        refused(await api.post(METRICS, json=batch), 409, "metric-conflict")
        assert [item["name"] for item in done(await api.get(METRICS))["items"]] == ["auc"]

    async def test_the_latest_step_is_the_value_that_a_version_shows(self, api: httpx.AsyncClient) -> None:
        entries = [AUC | {"dataset": "holdout", "step": step, "value": value} for step, value in ((5, 0.5), (2, 0.2))]
        await append(api, *entries, AUC | {"dataset": "holdout", "slice": "age<30"})
        assert done(await api.get(FIRST))["metrics"] == {"auc@holdout": 0.5}

    async def test_a_time_is_kept_and_told_in_utc(self, api: httpx.AsyncClient) -> None:
        await append(api, AUC | {"recorded_at": "2026-01-31T14:00:00.5+02:00"})
        [item] = done(await api.get(METRICS))["items"]
        assert item["recorded_at"] == "2026-01-31T12:00:00.500Z"

    async def test_ten_thousand_at_once(self, api: httpx.AsyncClient) -> None:
        entries = [AUC | {"step": step} for step in range(10_000)]
        assert (await append(api, *entries))["appended"] == 10_000
        response = await api.post(METRICS, json={"metrics": [*entries, AUC | {"step": 10_000}]})
        assert pointers(refused(response, 422, "invalid-input")) == ["/metrics"]

    @pytest.mark.parametrize(
        ("entry", "pointer"),
        [
            ({"name": "auc"}, "value"),
            ({"value": 1}, "name"),
            (AUC | {"value": "1"}, "value"),
            (AUC | {"value": True}, "value"),
            (AUC | {"value": None}, "value"),
            (AUC | {"name": ""}, "name"),
            (AUC | {"name": "a@b"}, "name"),
            (AUC | {"name": "a/b"}, "name"),
            (AUC | {"dataset": "a/b"}, "dataset"),
            (AUC | {"slice": "a\nb"}, "slice"),
            (AUC | {"step": -1}, "step"),
            (AUC | {"step": 2**53}, "step"),
            (AUC | {"step": 1.5}, "step"),
            (AUC | {"recorded_at": "yesterday"}, "recorded_at"),
            (AUC | {"recorded_at": 1769860800}, "recorded_at"),
            (AUC | {"recorded_at": "1769860800"}, "recorded_at"),
            (AUC | {"recorded_at": "2026-01-31"}, "recorded_at"),
            (AUC | {"recorded_at": "2026-02-30T12:00:00Z"}, "recorded_at"),
            (AUC | {"recorded_at": "2026-01-31T12:00:00"}, "recorded_at"),
            (AUC | {"recorded_at": "0001-01-01T00:00:00+14:00"}, "recorded_at"),
            (AUC | {"color": "red"}, "color"),
        ],
    )
    async def test_an_entry_against_the_rules_is_named(
        self, api: httpx.AsyncClient, entry: dict[str, Any], pointer: str
    ) -> None:
        response = await api.post(METRICS, json={"metrics": [{"name": "f1", "value": 1}, entry]})
        assert pointers(refused(response, 422, "invalid-input")) == [f"/metrics/1/{pointer}"]
        assert done(await api.get(METRICS))["items"] == []

    @pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
    async def test_numbers_that_are_not_finite_are_refused_by_entry(self, api: httpx.AsyncClient, number: str) -> None:
        body = f'{{"metrics": [{{"name": "auc", "value": {number}}}]}}'
        response = await api.post(METRICS, content=body, headers={"Content-Type": "application/json"})
        assert pointers(refused(response, 422, "invalid-input")) == ["/metrics/0/value"]

    async def test_an_unknown_version_is_not_found(self, api: httpx.AsyncClient) -> None:
        body = {"metrics": [AUC]}
        refused(await api.post(f"{MODEL}/versions/9/metrics", json=body), 404, "version-not-found")
        refused(await api.post("/models/nobody/versions/1/metrics", json=body), 404, "model-not-found")


class TestReading:
    async def test_a_history_is_read_by_step_and_page_by_page(self, api: httpx.AsyncClient) -> None:
        points = [AUC | {"dataset": "holdout", "step": step, "value": step / 2} for step in (3, 1, 2)]
        await append(api, *points, AUC)
        address = f"{METRICS}/auc/history"
        wanted: dict[str, str | int] = {"dataset": "holdout", "limit": 2}
        first = done(await api.get(address, params=wanted))
        assert ([item["step"] for item in first["items"]], first["next_after_step"]) == ([1, 2], 2)
        rest = done(await api.get(address, params=wanted | {"after_step": 2}))
        assert ([item["step"] for item in rest["items"]], rest["next_after_step"]) == ([3], None)

    async def test_slices_are_apart(self, api: httpx.AsyncClient) -> None:
        await append(api, AUC, AUC | {"slice": "age<30", "value": 0.5})
        history = done(await api.get(f"{METRICS}/auc/history", params={"slice": "age<30"}))
        assert [item["value"] for item in history["items"]] == [0.5]
        assert len(done(await api.get(METRICS))["items"]) == 2

    async def test_what_was_never_measured_has_an_empty_history(self, api: httpx.AsyncClient) -> None:
        assert done(await api.get(f"{METRICS}/f1/history"))["items"] == []

    @pytest.mark.parametrize(
        ("address", "pointer"),
        [("auc@holdout/history", "name"), ("auc/history?dataset=a@b", "dataset"), ("a%0ab/history", "name")],
    )
    async def test_what_cannot_be_measured_has_no_history(
        self, api: httpx.AsyncClient, address: str, pointer: str
    ) -> None:
        assert pointers(refused(await api.get(f"{METRICS}/{address}"), 422, "invalid-input")) == [pointer]

    @pytest.mark.parametrize("rest", ["", "/auc/history"])
    async def test_an_unknown_version_is_not_found(self, api: httpx.AsyncClient, rest: str) -> None:
        refused(await api.get(f"{MODEL}/versions/9/metrics{rest}"), 404, "version-not-found")
        refused(await api.get(f"/models/nobody/versions/1/metrics{rest}"), 404, "model-not-found")
