import httpx
import pytest

from tests.api.steps import MODEL, add_model, add_version, done, pointers, refused

METRICS = f"{MODEL}/versions/1/metrics"


@pytest.fixture
async def measured(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """One version, with 5,000 points of a loss that has one peak and one dip, and a few of others."""
    await add_model(api)
    await add_version(api)
    values = [10 / (step + 1) for step in range(5_000)]
    values[1234], values[4321] = 99.0, -99.0
    points = [{"name": "loss", "value": value, "step": step * 3} for step, value in enumerate(values)]
    points += [
        {"name": "auc", "value": value, "dataset": "holdout", "step": step} for step, value in ((1, 0.5), (9, 0.7))
    ]
    points += [{"name": "auc", "value": 0.25, "dataset": "holdout", "slice": "age<30"}]
    done(await api.post(METRICS, json={"metrics": points}))
    return api


@pytest.mark.parametrize("points", [2, 3, 4, 5, 100, 500, 4_999])
async def test_a_long_history_is_told_in_few_points_that_keep_its_extremes(
    measured: httpx.AsyncClient, points: int
) -> None:
    whole = done(await measured.get(f"{METRICS}/loss/history", params={"limit": 10_000}))["items"]
    found = done(await measured.get(f"{METRICS}/loss/history", params={"points": points}))
    steps = [point["step"] for point in found["items"]]

    assert found["count"] == 5_000
    assert found["next_after_step"] is None
    assert len(steps) <= points
    assert steps == sorted(set(steps))
    assert (steps[0], steps[-1]) == (0, 14_997)
    assert all(point in whole for point in found["items"])
    if points >= 4:
        assert {1234 * 3, 4321 * 3} <= set(steps)


@pytest.mark.parametrize("points", [5_000, 10_000])
async def test_a_history_that_has_no_more_is_told_whole(measured: httpx.AsyncClient, points: int) -> None:
    whole = done(await measured.get(f"{METRICS}/loss/history", params={"limit": 10_000}))
    found = done(await measured.get(f"{METRICS}/loss/history", params={"points": points}))

    assert found == {**whole, "count": 5_000}


async def test_a_sample_is_of_one_dataset_and_slice(measured: httpx.AsyncClient) -> None:
    wanted: dict[str, str | int] = {"points": 10, "dataset": "holdout"}

    assert [p["value"] for p in done(await measured.get(f"{METRICS}/auc/history", params=wanted))["items"]] == [
        0.5,
        0.7,
    ]
    assert done(await measured.get(f"{METRICS}/f1/history", params={"points": 10}))["count"] == 0


@pytest.mark.parametrize("also", ["limit", "after_step"])
async def test_a_sample_is_of_the_whole_history(measured: httpx.AsyncClient, also: str) -> None:
    response = await measured.get(f"{METRICS}/loss/history", params={"points": 10, also: 5})

    assert pointers(refused(response, 422, "invalid-input")) == ["points"]


async def test_a_summary_tells_what_each_metric_came_to(measured: httpx.AsyncClient) -> None:
    found = done(await measured.get(f"{METRICS}/summary"))
    by_key = {(item["name"], item["dataset"], item["slice"]): item for item in found["items"]}

    assert list(by_key) == [("auc", "holdout", ""), ("auc", "holdout", "age<30"), ("loss", "", "")]
    auc = by_key["auc", "holdout", ""]
    assert (auc["count"], auc["first_step"], auc["minimum"], auc["maximum"]) == (2, 1, 0.5, 0.7)
    assert (auc["latest"]["step"], auc["best"]["step"], auc["mean"]) == (9, 9, pytest.approx(0.6, rel=1e-12))
    loss = by_key["loss", "", ""]
    assert (loss["count"], loss["best"]["step"], loss["best"]["value"]) == (5_000, 1234 * 3, 99.0)
    lower = done(await measured.get(f"{METRICS}/summary", params={"direction": "lower"}))
    assert [item["best"]["value"] for item in lower["items"]] == [0.5, 0.25, -99.0]
    assert found["direction"] == "higher"


async def test_a_version_without_metrics_has_an_empty_summary(measured: httpx.AsyncClient) -> None:
    await add_version(measured)

    assert done(await measured.get(f"{MODEL}/versions/2/metrics/summary"))["items"] == []
    refused(await measured.get(f"{MODEL}/versions/3/metrics/summary"), 404, "version-not-found")
