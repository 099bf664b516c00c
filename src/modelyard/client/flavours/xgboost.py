"""Boosters of XGBoost, and its estimators in the style of scikit-learn."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelyard.client.failures import DamagedFile
from modelyard.client.flavours.flavour import Flavour, Format, Loading, Saved, required
from modelyard.client.flavours.sealed import Sealed


class XGBoost(Flavour):
    """XGBoost's own formats, which hold data alone: UBJ, or JSON to be read by people."""

    name = "xgboost"
    framework = "xgboost"
    modules = ("xgboost",)
    formats = (Format(name="ubj"), Format(name="json"))
    suffixes = {".ubj": "ubj"}

    def save(self, model: Any, folder: Path, form: str) -> Saved:
        """`model.ubj` or `model.json`."""
        entry = f"model.{form}"
        model.save_model(folder / entry)
        return Saved(entry=entry, details={"class": _library_class(model)})

    def load(self, folder: Path, sealed: Sealed, loading: Loading) -> object:
        """A model of the class that was saved, if XGBoost has it; a class of the caller's own is given by `into`."""
        xgboost = required("xgboost", "xgboost")
        name = str(sealed.details.get("class", "Booster"))
        kind = loading.into or getattr(xgboost, name, None)
        known = (xgboost.Booster, *((xgboost.XGBModel,) if hasattr(xgboost, "XGBModel") else ()))
        if not isinstance(kind, type) or not issubclass(kind, known):
            raise DamagedFile(f"XGBoost has no class of models {name!r}")
        model = kind()
        model.load_model(folder / sealed.entry)
        return model

    def params(self, model: Any) -> Mapping[str, object]:
        """`get_params()` of estimators; a booster does not tell."""
        found: Mapping[str, object] = model.get_params() if hasattr(model, "get_params") else {}
        return found

    def predict(self, model: Any, rows: Any) -> Any:
        """A booster takes its own kind of matrix."""
        if hasattr(model, "get_params"):
            return model.predict(rows)
        return model.predict(required("xgboost", "xgboost").DMatrix(rows))


def _library_class(model: object) -> str:
    """The nearest class that XGBoost itself has: one that the caller derived is not there when it is loaded."""
    return next(kind.__name__ for kind in type(model).__mro__ if kind.__module__.partition(".")[0] == "xgboost")
