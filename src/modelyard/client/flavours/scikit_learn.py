"""Estimators of scikit-learn, and all that derive from its classes."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from modelyard.client.flavours.flavour import Flavour, Format, Loading, Saved, required
from modelyard.client.flavours.pickled import dump_with_joblib, load_with_joblib
from modelyard.client.flavours.sealed import Sealed
from modelyard.client.flavours.trees import TREE, check_trees


class ScikitLearn(Flavour):
    """skops by default: types are looked at before any is made. joblib on request, for what skops cannot write."""

    name = "scikit-learn"
    framework = "scikit-learn"
    modules = ("sklearn",)
    formats = (Format(name="skops"), Format(name="joblib", runs_code=True))
    suffixes = {".skops": "skops"}
    needs = {"skops": ("skops",), "joblib": ("joblib",)}

    def save(self, model: Any, folder: Path, form: str) -> Saved:
        """`model.skops` or `model.joblib`."""
        entry = f"model.{form}"
        if form == "joblib":
            dump_with_joblib(model, folder / entry)
        else:
            required("skops.io", "skops", "sklearn").dump(model, folder / entry)
        return Saved(entry=entry, details={"type": _full_name(type(model))})

    def load(self, folder: Path, sealed: Sealed, loading: Loading) -> object:
        """The estimator. Types that skops does not know to be safe have to be trusted by name."""
        path = folder / sealed.entry
        if sealed.form == "joblib":
            return load_with_joblib(path)
        skops = required("skops.io", "skops", "sklearn")
        found = skops.get_untrusted_types(file=path)
        loading.trust.check_types((name for name in found if name != TREE), sealed.entry)
        loaded: object = skops.load(path, trusted=found)
        if TREE in found and not loading.trust.is_complete:
            check_trees(loaded)
        return loaded

    def params(self, model: Any) -> Mapping[str, object]:
        """`get_params()`, those of nested estimators too."""
        found: Mapping[str, object] = model.get_params() if hasattr(model, "get_params") else {}
        return found

    def predict(self, model: Any, rows: Any) -> Any:
        """`predict`, or `transform` of what does not predict."""
        for name in ("predict", "transform"):
            if hasattr(model, name):
                return getattr(model, name)(rows)
        return None

    def parts(self, model: Any) -> Sequence[object]:
        """Whatever stands among its parameters, such as a gradient booster at the end of a pipeline."""
        return list(_within(self.params(model).values()))


def _within(values: Any) -> Iterator[object]:
    for value in values:
        if isinstance(value, list | tuple):
            yield from _within(value)
        elif type(value).__module__ != "builtins":
            yield value


def _full_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
