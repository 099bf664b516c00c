import httpx
import pytest

from tests.api.steps import MODEL, Document, add_model, add_version, done, move, pointers, refused


async def measure(api: httpx.AsyncClient, model: str, number: int, **values: float) -> None:
    metrics = [{"name": name, "value": value, "dataset": "holdout", "step": 7} for name, value in values.items()]
    done(await api.post(f"/models/{model}/versions/{number}/metrics", json={"metrics": metrics}))


@pytest.fixture
async def ranked(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """Five versions of one model and two of another; the second of each is in production, the fifth has no metric."""
    await add_model(api)
    await add_model(api, "fraud")
    for value in (0.7, 0.9, 0.9, 0.95, None):
        number = (await add_version(api))["number"]
        if value is not None:
            await measure(api, "churn", number, auc=value, loss=1 - value)
    await move(api, 2, "staging", "production")
    await add_version(api, "fraud")
    await add_version(api, "fraud")
    await measure(api, "fraud", 1, auc=0.9)
    done(await api.post("/models/fraud/versions/2/transitions", json={"to_stage": "staging"}))
    done(await api.post("/models/fraud/versions/2/transitions", json={"to_stage": "production"}))
    return api


def shown(page: Document) -> list[tuple[object, ...]]:
    return [(item["rank"], f"{item['model']}:{item['number']}", item["value"]) for item in page["items"]]


async def test_the_best_come_first_and_equal_values_share_a_rank(ranked: httpx.AsyncClient) -> None:
    page = done(await ranked.get(f"{MODEL}/leaderboard", params={"metric": "auc", "dataset": "holdout"}))

    assert shown(page) == [(1, "churn:4", 0.95), (2, "churn:3", 0.9), (2, "churn:2", 0.9), (4, "churn:1", 0.7)]
    assert (page["metric"], page["dataset"], page["slice"], page["direction"]) == ("auc", "holdout", "", "higher")
    first = page["items"][0]
    assert (first["step"], first["stage"], first["aliases"]) == (7, "draft", [])
    assert first["production"] == {"number": 2, "value": 0.9}
    assert first["delta"] == pytest.approx(0.05)
    assert page["items"][2]["delta"] == 0.0


async def test_what_is_better_is_said_and_not_guessed(ranked: httpx.AsyncClient) -> None:
    wanted = {"metric": "loss", "dataset": "holdout", "direction": "lower"}
    page = done(await ranked.get(f"{MODEL}/leaderboard", params=wanted))

    assert [item["number"] for item in page["items"]] == [4, 2, 3, 1]
    assert [item["rank"] for item in page["items"]] == [1, 2, 2, 4]


async def test_all_models_stand_on_one_board_each_beside_its_own_production(ranked: httpx.AsyncClient) -> None:
    page = done(
        await ranked.get("/leaderboard", params={"metric": "auc", "dataset": "holdout", "q": "not stage:archived"})
    )

    assert shown(page)[:2] == [(1, "churn:4", 0.95), (2, "fraud:1", 0.9)]
    fraud = page["items"][1]
    assert (fraud["production"], fraud["delta"]) == ({"number": 2, "value": None}, None)


@pytest.mark.parametrize("limit", [1, 2, 3])
@pytest.mark.parametrize("direction", ["higher", "lower"])
async def test_pages_go_on_with_the_ranks_that_a_whole_board_has(
    ranked: httpx.AsyncClient, limit: int, direction: str
) -> None:
    wanted = {"metric": "auc", "dataset": "holdout", "direction": direction}
    whole = shown(done(await ranked.get("/leaderboard", params=wanted)))
    walked: list[tuple[object, ...]] = []
    cursor: dict[str, str] = {}
    while True:
        page = done(await ranked.get("/leaderboard", params={**wanted, "limit": limit, **cursor}))
        walked.extend(shown(page))
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert walked == whole
    assert len(whole) == 5


async def test_a_query_narrows_the_board_down(ranked: httpx.AsyncClient) -> None:
    wanted = {"metric": "auc", "dataset": "holdout", "q": "stage:production or metric.auc@holdout < 0.8"}

    assert shown(done(await ranked.get(f"{MODEL}/leaderboard", params=wanted))) == [
        (1, "churn:2", 0.9),
        (2, "churn:1", 0.7),
    ]


@pytest.mark.parametrize(
    ("address", "wanted", "status", "code"),
    [
        (f"{MODEL}/leaderboard", {}, 422, "invalid-input"),
        (f"{MODEL}/leaderboard", {"metric": "a@b"}, 422, "invalid-input"),
        (f"{MODEL}/leaderboard", {"metric": "auc", "direction": "up"}, 422, "invalid-input"),
        (f"{MODEL}/leaderboard", {"metric": "auc", "q": "stage:"}, 400, "query-syntax"),
        (f"{MODEL}/leaderboard", {"metric": "auc", "cursor": "x"}, 400, "invalid-cursor"),
        ("/models/nobody/leaderboard", {"metric": "auc"}, 404, "model-not-found"),
        ("/leaderboard", {"metric": "auc", "sort": "name"}, 422, "invalid-input"),
    ],
)
async def test_a_board_that_means_nothing_is_refused(
    ranked: httpx.AsyncClient, address: str, wanted: dict[str, str], status: int, code: str
) -> None:
    refused(await ranked.get(address, params=wanted), status, code)


async def test_a_metric_that_nobody_has_makes_an_empty_board(ranked: httpx.AsyncClient) -> None:
    page = done(await ranked.get("/leaderboard", params={"metric": "auc", "slice": "age<30"}))

    assert (page["items"], page["next_cursor"]) == ([], None)


async def test_versions_beside_each_other_tell_what_differs(ranked: httpx.AsyncClient) -> None:
    body: Document = {"params": {"depth": 3, "none": None}, "tags": {"team": "risk"}}
    body["metadata"] = {"a": {"b": 1, "c": [1]}}
    await add_version(ranked, **body)
    await add_version(ranked, **{**body, "params": {"depth": 3.0}, "metadata": {"a": {"b": True}}, "card": "# card"})
    table = done(await ranked.get(f"{MODEL}/compare", params={"versions": "6,7,production"}))
    rows = {(row["section"], row["name"]): row for row in table["rows"]}

    assert [(version["model"], version["number"]) for version in table["versions"]] == [
        ("churn", 6), ("churn", 7), ("churn", 2),
    ]  # fmt: skip
    assert rows["params", "depth"]["cells"] == [{"value": 3}, {"value": 3.0}, None]
    assert rows["params", "none"]["cells"] == [{"value": None}, None, None]
    assert rows["metadata", "a.b"]["cells"] == [{"value": 1}, {"value": True}, None]
    assert rows["metadata", "a.c"]["cells"][0] == {"value": [1]}
    assert rows["version", "stage"]["cells"] == [{"value": "draft"}, {"value": "draft"}, {"value": "production"}]
    assert rows["version", "card"]["is_different"] is True
    assert rows["metrics", "auc@holdout"]["deltas"] == [None, None, None]
    assert rows["params", "depth"]["deltas"] is None
    assert table["is_complete"] is True

    two = done(await ranked.get(f"{MODEL}/compare", params={"versions": "6,7", "differences": "true"}))
    different = {(row["section"], row["name"]) for row in two["rows"]}
    assert ("params", "depth") not in different  # 3 and 3.0 are one number
    assert ("metadata", "a.b") in different  # 1 and true are not
    assert ("tags", "team") not in different
    assert all(row["is_different"] for row in two["rows"])


async def test_metrics_are_compared_with_the_baseline(ranked: httpx.AsyncClient) -> None:
    wanted = {"versions": "churn:1,churn:4,fraud:1,churn:5", "baseline": "2"}
    table = done(await ranked.get("/compare", params=wanted))
    [auc] = [row for row in table["rows"] if row["name"] == "auc@holdout"]

    assert table["baseline"] == 2
    assert auc["deltas"] == [pytest.approx(-0.25), 0.0, pytest.approx(-0.05), None]
    assert auc["cells"][3] is None


@pytest.mark.parametrize(
    ("address", "wanted", "status", "pointer"),
    [
        (f"{MODEL}/compare", {"versions": "1"}, 422, "versions"),
        (f"{MODEL}/compare", {"versions": "1,"}, 422, "versions"),
        (f"{MODEL}/compare", {"versions": ",".join(["1"] * 101)}, 422, "versions"),
        (f"{MODEL}/compare", {"versions": "1,2", "baseline": "3"}, 422, "baseline"),
        ("/compare", {"versions": "1,2"}, 422, "versions"),
    ],
)
async def test_a_comparison_that_means_nothing_is_refused(
    ranked: httpx.AsyncClient, address: str, wanted: dict[str, str], status: int, pointer: str
) -> None:
    assert pointers(refused(await ranked.get(address, params=wanted), status, "invalid-input")) == [pointer]


async def test_a_comparison_with_what_is_not_there_is_refused(ranked: httpx.AsyncClient) -> None:
    refused(await ranked.get(f"{MODEL}/compare", params={"versions": "1,99"}), 404, "version-not-found")
    refused(await ranked.get("/compare", params={"versions": "churn:1,nobody:1"}), 404, "model-not-found")
