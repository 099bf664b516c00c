"""The searches that people make, drawn anew for each run of one so that no answer is remembered."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.search.registry import CAMPAIGNS, DATASET, TEAMS, LargeRegistry

PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One search; `bound_ms` is how long 99 of 100 may take at the database, `skipped` how far down its page lies.

    `alike` is a length of pages that the smaller registry fills too, so that growth compares as many rows with as many.
    """

    what: str
    q: str = ""
    sort: str = ""
    model: str | None = None
    skipped: int = 0
    cursor: str | None = None
    is_facets: bool = False
    bound_ms: float = 10.0
    alike: int = PAGE


COMMON_MS = 50.0
DEEP = 50_000


def shapes(registry: LargeRegistry, seed: int) -> Iterator[Shape]:
    """One of each kind."""
    drawn = random.Random(seed)
    words = registry.words
    name = drawn.choice(registry.names).split(".")[1]
    one, two = drawn.sample(range(20, 400), k=2)
    campaign, team = f"c{drawn.randrange(CAMPAIGNS)}", f"t{drawn.randrange(TEAMS)}"
    auc = f"metric.auc@{DATASET}"
    high = f"{drawn.uniform(0.5, 0.9):.3f}"
    deep = min(DEEP, registry.size.versions // 20)
    yield Shape(what="part of a name", q=name[: drawn.randint(5, 9)])
    yield Shape(what="two words", q=f"{words[one]} {words[two]}")
    yield Shape(what="stage, page at row 50,000", q="stage:production", skipped=deep)
    few = f"tag.campaign:{campaign} {auc} >= {high} stage:draft"
    yield Shape(what="tag (1 in 1,000), metric, stage", q=few, alike=5)
    yield Shape(what="by a metric", sort=f"-{auc}")
    yield Shape(what="latest of a model", model=drawn.choice(registry.names))
    yield Shape(what="tag (1 in 50), metric", q=f"tag.team:{team} {auc} >= {high}", bound_ms=COMMON_MS)
    yield Shape(what="three common letters", q=drawn.choice(["dat", "ata"]), bound_ms=COMMON_MS)
    yield Shape(what="facets of a tag (1 in 50)", q=f"tag.team:{team}", is_facets=True, bound_ms=COMMON_MS)
