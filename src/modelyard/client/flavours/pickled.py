"""Any Python object, by pickle: only when asked for by name, and read only by those who trust whoever pushed it."""

import pickle
from pathlib import Path
from typing import Any

from modelyard.client.failures import UnsupportedModel
from modelyard.client.flavours.flavour import Flavour, Format, Loading, Saved, required
from modelyard.client.flavours.sealed import Sealed


class Pickled(Flavour):
    """`flavour="pickle"`, and files that end in `.pkl`, `.pickle` or `.joblib`."""

    name = "pickle"
    formats = (Format(name="pickle", runs_code=True), Format(name="joblib", runs_code=True))
    suffixes = {".pkl": "pickle", ".pickle": "pickle", ".joblib": "joblib"}
    needs = {"joblib": ("joblib",)}

    def save(self, model: Any, folder: Path, form: str) -> Saved:
        """`model.pkl` or `model.joblib`."""
        if form == "joblib":
            dump_with_joblib(model, folder / "model.joblib")
            return Saved(entry="model.joblib")
        try:
            (folder / "model.pkl").write_bytes(pickle.dumps(model, protocol=5))
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            raise UnsupportedModel(f"it cannot be pickled: {error}") from error
        return Saved(entry="model.pkl")

    def load(self, folder: Path, sealed: Sealed, loading: Loading) -> object:
        """The object; what the file says is done."""
        path = folder / sealed.entry
        if sealed.form == "joblib":
            return load_with_joblib(path)
        with path.open("rb") as file:
            loaded: object = pickle.load(file)  # noqa: S301 # a format that runs code: the caller trusts everything
        return loaded


def dump_with_joblib(model: object, path: Path) -> None:
    """Write what joblib can write.

    Raises:
        UnsupportedModel: the object cannot be pickled, or joblib is not installed.
    """
    try:
        required("joblib", "joblib").dump(model, path)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise UnsupportedModel(f"it cannot be pickled: {error}") from error


def load_with_joblib(path: Path) -> object:
    """Read it, and run what it says; only for those who trust everything."""
    loaded: object = required("joblib", "joblib").load(path)
    return loaded
