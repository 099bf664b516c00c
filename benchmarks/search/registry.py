"""The rows of a large registry, drawn from a seed: the same size gives the same rows on every machine."""

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

VERSIONS_OF_MODEL: Final = 10
TAGS_OF_VERSION: Final = 5
METRICS: Final = ("auc", "f1", "loss", "latency_ms", "rmse")
DATASET: Final = "holdout"
FRAMEWORKS: Final = ("scikit-learn", "torch", "xgboost", "lightgbm", "onnx")
TEAMS: Final = 50
CAMPAIGNS: Final = 1_000
NOW_MS: Final = 1_780_000_000_000

_ONSETS = (
    *("b", "bl", "br", "c", "ch", "cr", "d", "dr", "f", "fl", "g", "gl", "gr", "h", "j", "k", "l", "m", "n", "p", "pl"),
    *("pr", "qu", "r", "s", "sh", "sl", "st", "t", "th", "tr", "v", "w", "z"),
)
_SYLLABLES = [
    onset + vowel + coda
    for onset in _ONSETS
    for vowel in ("a", "e", "i", "o", "u", "ai", "ea", "ou")
    for coda in ("", "", "n", "r", "s", "t", "l", "m", "ck")
]
"""As many different trigrams as the words of a language have."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much: so many models, ten times as many versions, and five tags and metrics for each of these."""

    models: int

    @property
    def versions(self) -> int:
        """All of them together."""
        return self.models * VERSIONS_OF_MODEL


Row = tuple[object, ...]


class LargeRegistry:
    """Rows of tables, by the names of their columns.

    One model in a hundred is called `fraud`, one word in descriptions (`data`) is in a third of them. A team is the tag
    of one version in 50, a campaign of one in 1,000. One version in ten is in staging, one in ten in production.
    """

    def __init__(self, size: Size, seed: int = 20_260_101) -> None:
        self.size = size
        self._random = random.Random(seed)
        drawn = (self._random.choices(_SYLLABLES, k=self._random.randint(1, 3)) for _ in range(9_000))
        self.words: Sequence[str] = list(dict.fromkeys("".join(syllables) for syllables in drawn))[:6_000]
        self._weights = list(itertools.accumulate(1 / (place + 10) for place in range(len(self.words))))
        self.names = [self._name(model_id) for model_id in range(1, size.models + 1)]

    def models(self) -> Iterator[Row]:
        """`id, name, description, last_number`, who made it when, and the bytes of its versions, which say nothing."""
        for model_id, name in enumerate(self.names, 1):
            made = NOW_MS + model_id
            yield model_id, name, self._text(8), VERSIONS_OF_MODEL, made, "bench", made, "bench", 1, 0

    def model_tags(self) -> Iterator[Row]:
        """`model_id, key, value`."""
        for model_id in range(1, self.size.models + 1):
            yield model_id, "domain", self.words[model_id % 40]

    def versions(self) -> Iterator[Row]:
        """All columns of `versions`, in their order; numbers grow with keys, models take turns."""
        for version_id in range(1, self.size.versions + 1):
            model_id, number = self.place(version_id)
            stage = ("staging", "production")[version_id % 10] if version_id % 10 < 2 else "draft"
            made = NOW_MS + version_id * 60_000
            changed = made + self._random.randrange(10**9)
            card = self._text(60) if version_id % 5 == 0 else ""
            framework = FRAMEWORKS[version_id % len(FRAMEWORKS)]
            yield (
                version_id, model_id, number, stage, made, stage == "production", self._description(), "{}", card, "[]",
                f'{{"max_depth":{version_id % 16}}}', f'{{"name":"{framework}","version":"1"}}', "null", "null",
                framework, f"sha256:{version_id:064x}", self._random.randrange(10**10), 1, made, "bench", changed,
                "bench", 1,
            )  # fmt: skip

    def version_tags(self) -> Iterator[Row]:
        """`version_id, key, value`."""
        for version_id in range(1, self.size.versions + 1):
            yield version_id, "campaign", f"c{self._random.randrange(CAMPAIGNS)}"
            yield version_id, "dataset", self.words[version_id % 300]
            yield version_id, "region", ("eu", "us", "asia")[version_id % 3]
            yield version_id, "run", f"r{version_id}"
            yield version_id, "team", f"t{self._random.randrange(TEAMS)}"

    def version_values(self) -> Iterator[Row]:
        """`version_id, path, place, text_value, number_value`."""
        for version_id in range(1, self.size.versions + 1):
            depth = version_id % 16
            yield version_id, "param.max_depth", 0, str(depth), float(depth)

    def metrics(self) -> Iterator[Row]:
        """`version_id, slice, name, dataset, step, value, recorded_at_ms`; the same each time."""
        drawn = random.Random(self.size.models)
        for version_id in range(1, self.size.versions + 1):
            for name in METRICS:
                yield version_id, "", name, DATASET, 0, drawn.random(), NOW_MS

    def place(self, version_id: int) -> tuple[int, int]:
        """The model and the number of a version."""
        return (version_id - 1) % self.size.models + 1, (version_id - 1) // self.size.models + 1

    def _name(self, model_id: int) -> str:
        first, second = self._random.choices(self.words, k=2)
        topic = "fraud" if model_id % 100 == 0 else self._random.choices(self.words, cum_weights=self._weights)[0]
        return f"{first}.{topic}-{second}-{model_id}"

    def _text(self, count: int) -> str:
        return " ".join(self._random.choices(self.words, cum_weights=self._weights, k=count))

    def _description(self) -> str:
        common = " data" if self._random.random() < 1 / 3 else ""
        return f"{self._text(9)}{common}"
