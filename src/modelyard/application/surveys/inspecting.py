"""All that the pages of a version tell of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from modelyard.application.ports.aliases import Alias
from modelyard.application.ports.database import Transaction
from modelyard.application.ports.events import EventFilter
from modelyard.application.queries.history import list_events
from modelyard.application.queries.listing import list_versions
from modelyard.application.queries.page import Page, PageRequest
from modelyard.application.services.approving import Standing, standing_of
from modelyard.application.services.governing import Governing, governing
from modelyard.application.services.promotion import StageChange, Transition, plan_step_of
from modelyard.domain.access.standing import Visibility
from modelyard.domain.approval import RequestStatus
from modelyard.domain.event import Event
from modelyard.domain.lifecycle import Stage, reachable_from
from modelyard.domain.metric import MetricKey, MetricSummary, Sampled
from modelyard.domain.model_version import ModelVersion, VersionSummary
from modelyard.domain.query import Comparison, Field, Operator, render
from modelyard.domain.reference import Reference
from modelyard.domain.registered_model import RegisteredModel

_CHILDREN = 10
_POINTS = 300
_CHARTS = 4

NEXT: Mapping[Stage, Stage] = {Stage.DRAFT: Stage.STAGING, Stage.STAGING: Stage.PRODUCTION}
"""What a version is usually promoted to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionState:
    """A version, what its policy lets it do now, and what of it is being asked for."""

    now: datetime
    model: RegisteredModel
    version: ModelVersion
    governing: Governing
    reachable: Sequence[Stage]
    requests: Sequence[Standing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The state with what it would be held against next, its aliases by name, and its children in the lineage."""

    state: VersionState
    aliases: Sequence[Alias]
    planned: Transition | None
    children: Sequence[VersionSummary]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The state with what was measured; `in_production` are the values of the version there, if that is another."""

    state: VersionState
    summaries: Sequence[MetricSummary]
    in_production: Mapping[MetricKey, float]
    production: int | None
    histories: Mapping[MetricKey, Sampled]


def read_state(tx: Transaction, model_name: str, reference: Reference) -> VersionState:
    """What is on each page of a version.

    Raises:
        ModelNotFound, VersionNotFound: there is none.
    """
    model = tx.models.get(model_name)
    version = tx.versions.get(model_name, reference)
    held = governing(tx, model.id, model.name)
    asked = [tx.requests.unclosed(version.id, stage) for stage in Stage]
    standings = [standing_of(tx, model, request) for request in asked if request is not None]
    return VersionState(
        now=tx.now,
        model=model,
        version=version,
        governing=held,
        reachable=reachable_from(
            version.stage,
            held.policy.transitions[version.stage],
            has_been_in_production=version.has_been_in_production,
        ),
        requests=[standing for standing in standings if standing.status is RequestStatus.OPEN],
    )


def read_overview(tx: Transaction, visible: Visibility, model_name: str, reference: Reference) -> Overview:
    """The first page of a version; children are those that may be seen.

    Raises:
        ModelNotFound, VersionNotFound: there is none.
    """
    state = read_state(tx, model_name, reference)
    target = NEXT.get(state.version.stage)
    planned = None
    if target is not None and target in state.reachable:
        planned = plan_step_of(tx, state.model, state.version, StageChange(to_stage=target))
    parent = f"{state.version.model}:{state.version.number}"
    made_from_it = render(Comparison(Field("lineage", "parent"), Operator.IS, parent))
    children = list_versions(tx.seen_by(visible), None, PageRequest(q=made_from_it, limit=_CHILDREN))
    aliases = [alias for alias in tx.aliases.of_model(state.model.id) if alias.version == state.version.number]
    return Overview(state=state, aliases=aliases, planned=planned, children=children.items)


def read_measured(tx: Transaction, model_name: str, reference: Reference, metric: str) -> Measured:
    """All metrics of a version, and how those went that have several steps; all of one name, where one is given.

    Raises:
        ModelNotFound, VersionNotFound: there is none.
    """
    state = read_state(tx, model_name, reference)
    summaries = tx.metrics.summaries(state.version.id, is_higher_better=True)
    held = tx.versions.in_production([state.model.id]).get(state.model.id)
    is_other = held is not None and held[0] != state.version.id
    points = tx.metrics.latest(held[0]) if held is not None and is_other else ()
    series = [summary.latest.key for summary in summaries if summary.count > 1]
    names = [metric] if metric else list(dict.fromkeys(key.name for key in series))[:_CHARTS]
    return Measured(
        state=state,
        summaries=summaries,
        in_production={point.key: point.value for point in points},
        production=held[1] if held is not None and is_other else None,
        histories={
            key: tx.metrics.extremes(state.version.id, key, at_most=_POINTS) for key in series if key.name in names
        },
    )


def read_events(
    tx: Transaction, visible: Visibility, model_name: str, reference: Reference, request: PageRequest
) -> tuple[VersionState, Page[Event]]:
    """The history of a version, of what is visible, the newest first.

    Raises:
        ModelNotFound, VersionNotFound: there is none.
        InvalidCursor: the request.
    """
    state = read_state(tx, model_name, reference)
    wanted = EventFilter(version=state.version.number, visible=visible)
    return state, list_events(tx, model_name, wanted, request)
