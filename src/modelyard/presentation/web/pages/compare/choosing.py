"""Choosing what is compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from modelyard.application.ports.database import Transaction
from modelyard.application.queries.comparing import MAX_VERSIONS
from modelyard.application.queries.listing import list_versions
from modelyard.application.queries.page import PageRequest
from modelyard.domain.model_version import VersionSummary
from modelyard.domain.reference import Reference
from modelyard.presentation.web.formats import MomentView, moment, number_text
from modelyard.presentation.web.links import version_link

_LATEST = 30
_MODELS = 5
_METRICS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Versions to choose from: those that were chosen already, then the latest of their models, or of all."""

    now: datetime
    chosen: Sequence[VersionSummary]
    others: Sequence[VersionSummary]


def read_candidates(tx: Transaction, wanted: Sequence[tuple[str, Reference]]) -> Candidates:
    """What there is to choose from, among what the transaction shows.

    Raises:
        ModelNotFound, VersionNotFound: one that was chosen is not there.
    """
    chosen = {version.id: version for version in (tx.versions.get(model, reference) for model, reference in wanted)}
    models: list[str | None] = [*dict.fromkeys(version.model for version in chosen.values())]
    latest = [
        version
        for model in models[:_MODELS] or [None]
        for version in list_versions(tx, model, PageRequest(limit=_LATEST)).items
        if version.id not in chosen
    ]
    return Candidates(now=tx.now, chosen=list(chosen.values()), others=latest)


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateView:
    """A version that can be chosen."""

    value: str
    model: str
    number: int
    href: str
    stage: str
    description: str
    metrics: tuple[tuple[str, str], ...]
    created: MomentView
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoosingView:
    """The versions that can be chosen, and what to know."""

    candidates: tuple[CandidateView, ...]
    chosen_count: int
    most: int
    models: str
    """Of which models others are shown; empty where they are of any."""


def choosing_view(found: Candidates) -> ChoosingView:
    """The page on which versions are chosen."""
    chosen = tuple(_candidate(version, found.now, is_chosen=True) for version in found.chosen)
    others = tuple(_candidate(version, found.now, is_chosen=False) for version in found.others)
    return ChoosingView(
        candidates=chosen + others,
        chosen_count=len(chosen),
        most=MAX_VERSIONS,
        models=", ".join(dict.fromkeys(version.model for version in found.chosen)),
    )


def _candidate(version: VersionSummary, now: datetime, *, is_chosen: bool) -> CandidateView:
    return CandidateView(
        value=f"{version.model}:{version.number}",
        model=version.model,
        number=version.number,
        href=version_link(version.model, version.number),
        stage=version.stage.value,
        description=version.description,
        metrics=tuple((name, number_text(value)) for name, value in sorted(version.metrics.items())[:_METRICS]),
        created=moment(version.created_at, now),
        is_chosen=is_chosen,
    )
