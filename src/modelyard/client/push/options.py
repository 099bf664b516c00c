"""What can be said of a version when it is pushed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypedDict

Metrics: TypeAlias = Mapping[str, float] | Mapping[str, Mapping[str, float]]
"""Values by name (`auc`, `auc@holdout`, `auc@holdout/age<30`), or by dataset and name."""


def dataset_entries(datasets: Sequence[str | Mapping[str, str]]) -> list[dict[str, str]]:
    """As the API takes them."""
    return [dict(one) if isinstance(one, Mapping) else {"name": one} for one in datasets]


class PushOptions(TypedDict, total=False):
    """Everything but the model; all of it may be left out, and most is inferred then.

    Attributes:
        metrics: Values by name, or by dataset and name. Finite numbers.
        dataset: On which the metrics were measured that name none.
        params: Parameters; they stand before those that are inferred, key by key.
        tags: Short texts to find it by.
        card: Markdown, or the path of a file with it; `""` for none. Without: the folder's README.md, or a draft.
        example: A few rows of input. Names, types and shapes are kept of it, none of its values.
        description: One line or a few.
        metadata: Free JSON.
        flavour: Which flavour saves it, when not the one that is found by its type or name.
        format: Which of the flavour's formats, when not its first.
        parent: The version that it was made from: `churn:3`.
        datasets: What it was trained on: names, or mappings of `name` and `digest`.
        source: Where it comes from, in words of your own; the registry never opens it.
        run: The training run, as its tracker names it.
        code: Whether to ask git for repository, commit and state; it is, unless this is false.
        ignore: Patterns of files in a folder that are to be left out (`*.tmp`, `.git/*`); they match whole paths.
    """

    metrics: Metrics | None
    dataset: str
    params: Mapping[str, object] | None
    tags: Mapping[str, str] | None
    card: str | Path | None
    example: Any
    description: str
    metadata: Mapping[str, object] | None
    flavour: str | None
    format: str | None
    parent: str | None
    datasets: Sequence[str | Mapping[str, str]]
    source: str | None
    run: str | None
    code: bool
    ignore: Sequence[str]
