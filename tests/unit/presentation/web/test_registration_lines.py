"""Parameters and metrics as lines."""

import pytest

from modelyard.domain.errors import InvalidInput
from modelyard.presentation.web.pages.register.lines import metrics_in, params_in


def test_values_of_parameters_are_taken_as_json_where_they_are_some() -> None:
    lines = ("depth: 8", "rate: 0.05", "", "early: true", "layers: [16, 8]", "loss: log: loss", 'note: "8"', "odd: NaN")
    assert params_in("\n".join((*lines, "long: 9007199254740993"))) == {
        "depth": 8,
        "rate": 0.05,
        "early": True,
        "layers": [16, 8],
        "loss": "log: loss",
        "note": "8",
        "odd": "NaN",
        "long": "9007199254740993",
    }


@pytest.mark.parametrize(
    ("line", "name", "dataset", "piece", "value"),
    [
        ("auc: 0.93", "auc", "", "", 0.93),
        ("auc@holdout: 1", "auc", "holdout", "", 1.0),
        ("auc@holdout/age<30: -1.5e3", "auc", "holdout", "age<30", -1500.0),
        ("loss/head: .5", "loss", "", "head", 0.5),
        ("auc@holdout/a@b/c: 2.", "auc", "holdout", "a@b/c", 2.0),
        ("auc@holdout/hour:8: 1", "auc", "holdout", "hour:8", 1.0),
    ],
)
def test_a_metric_has_dataset_and_slice_in_its_name(
    line: str, name: str, dataset: str, piece: str, value: float
) -> None:
    [measured] = metrics_in(line)
    key = measured.key
    assert (key.name, key.dataset, key.slice, measured.value, measured.step) == (name, dataset, piece, value, 0)


@pytest.mark.parametrize("text", ["", "nan", "inf", "0,93", "0x10", "1_000", "\u0663"])
def test_what_is_no_number_is_refused_by_its_metric(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        metrics_in(f"auc: {text}")
    assert [fault.pointer for fault in refusal.value.errors] == ["/metrics"]
    assert "auc has no number" in refusal.value.message


@pytest.mark.parametrize(("read", "field"), [(params_in, "/params"), (metrics_in, "/metrics")])
def test_a_line_that_cannot_be_read_is_told_by_its_number(read: object, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        (params_in if read is params_in else metrics_in)("a: 1\nb")
    assert [(fault.pointer, fault.message[:6]) for fault in refusal.value.errors] == [(field, "line 2")]
