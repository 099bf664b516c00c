"""Boosters of LightGBM; its estimators in the style of scikit-learn are kept as the boosters that they hold."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelyard.client.failures import UnsupportedModel
from modelyard.client.flavours.flavour import Flavour, Format, Loading, Saved, required
from modelyard.client.flavours.sealed import Sealed


class LightGBM(Flavour):
    """LightGBM's own text, which holds data alone."""

    name = "lightgbm"
    framework = "lightgbm"
    modules = ("lightgbm",)
    formats = (Format(name="text"),)

    def save(self, model: Any, folder: Path, form: str) -> Saved:
        """`model.txt`. Of a classifier, the classes are noted: a booster knows their number only."""
        booster = _booster_of(model)
        booster.save_model(folder / "model.txt")
        classes = getattr(model, "classes_", None)
        details = {"class": type(model).__name__}
        return Saved(
            entry="model.txt", details=details if classes is None else {**details, "classes": classes.tolist()}
        )

    def load(self, folder: Path, sealed: Sealed, loading: Loading) -> object:
        """A `Booster`, whatever was pushed: for a classifier its `predict` gives the probabilities."""
        model: object = required("lightgbm", "lightgbm").Booster(model_file=folder / sealed.entry)
        return model

    def params(self, model: Any) -> Mapping[str, object]:
        """`get_params()` of estimators, `params` of a booster."""
        found: Mapping[str, object] = model.get_params() if hasattr(model, "get_params") else model.params
        return found

    def predict(self, model: Any, rows: Any) -> Any:
        """As the booster will: that is what loading gives."""
        return _booster_of(model).predict(rows)


def _booster_of(model: Any) -> Any:
    if not hasattr(model, "booster_"):
        return model
    if not model.__sklearn_is_fitted__():
        raise UnsupportedModel("the model is not fitted yet")
    return model.booster_
