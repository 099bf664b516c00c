"""What pages read beside lists: the way of a metric, and what waits for approval."""

from modelyard.application.ports.database import Database
from modelyard.application.services import approving
from modelyard.application.services.approving import StepWanted
from modelyard.domain.approval import ApprovalRequest
from modelyard.domain.lifecycle import Stage
from modelyard.domain.metric import MetricKey
from tests.factories import ADA, Workshop

AUC = MetricKey(name="auc", dataset="holdout")


async def test_a_trend_is_of_the_newest_versions_that_have_the_metric(database: Database, workshop: Workshop) -> None:
    model = await workshop.model()
    other = await workshop.model()
    for number in range(1, 6):
        version = await workshop.version(model.name)
        if number != 3:
            await workshop.measure(version, "auc", number / 10, dataset="holdout")
        await workshop.measure(version, "auc", 0.0, dataset="holdout", slice="young")
    await workshop.measure(await workshop.version(other.name), "auc", 0.9, dataset="holdout")

    async def trend(up_to: int, within: int) -> list[tuple[int, float]]:
        found = await database.scan(lambda tx: tx.metrics.trend(model.id, AUC, up_to=up_to, within=within))
        return list(found)

    assert await trend(5, 10) == [(1, 0.1), (2, 0.2), (4, 0.4), (5, 0.5)]
    assert await trend(4, 3) == [(2, 0.2), (4, 0.4)]
    assert await trend(3, 1) == []


async def test_what_nobody_has_ended_is_found_among_all_models(database: Database, workshop: Workshop) -> None:
    asked = []
    for _ in range(3):
        version = await workshop.version((await workshop.model()).name)
        wanted = StepWanted(version=version.number, to_stage=Stage.STAGING)
        reviewed = await database.write(approving.request_step, ADA, version.model, wanted)
        asked.append(reviewed.standing.request)
    await database.write(approving.withdraw, ADA, asked[1].model, asked[1].id, "")

    async def unclosed(beyond: int | None, limit: int) -> list[ApprovalRequest]:
        return list(await database.scan(lambda tx: tx.requests.all_unclosed(beyond=beyond, limit=limit)))

    assert await unclosed(None, 10) == [asked[2], asked[0]]
    assert await unclosed(None, 1) == [asked[2]]
    assert await unclosed(asked[2].id, 10) == [asked[0]]
    model = await database.read(lambda tx: tx.models.get(asked[0].model))
    of_model = await database.scan(lambda tx: tx.requests.all_unclosed(model_id=model.id, beyond=None, limit=10))
    assert list(of_model) == [asked[0]]
