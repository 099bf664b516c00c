"""Modules and states of PyTorch."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from modelyard.client.failures import UnsupportedModel
from modelyard.client.flavours.flavour import Flavour, Format, Loading, Saved, required
from modelyard.client.flavours.sealed import Sealed


class PyTorch(Flavour):
    """The state as safetensors, which holds tensors alone. The class is code, and comes from whoever loads it."""

    name = "pytorch"
    framework = "torch"
    modules = ("torch",)
    formats = (Format(name="safetensors"), Format(name="pickle", runs_code=True))
    suffixes = {".safetensors": "safetensors", ".pt": "pickle", ".pth": "pickle"}
    needs = {"safetensors": ("safetensors",)}

    def save(self, model: Any, folder: Path, form: str) -> Saved:
        """`model.safetensors`; tensors that share memory are written once. `model.pt` on request."""
        kind = {"class": f"{type(model).__module__}.{type(model).__qualname__}"}
        if form == "pickle":
            required("torch", "torch").save(model, folder / "model.pt")
            return Saved(entry="model.pt", details=kind)
        try:
            required("safetensors.torch", "safetensors", "torch").save_model(model, folder / "model.safetensors")
        except (RuntimeError, ValueError, TypeError, AttributeError) as error:
            raise UnsupportedModel(
                f"safetensors cannot hold this state: {error}", hint="It holds modules whose state is tensors."
            ) from error
        return Saved(entry="model.safetensors", details=kind)

    def load(self, folder: Path, sealed: Sealed, loading: Loading) -> object:
        """The state by name, or the module given by `into`, with that state."""
        path, into = folder / sealed.entry, loading.into
        if sealed.form == "pickle":
            return self._unpickled(path, into)
        state = _state_of(path)
        return state if into is None else _filled(into, state)

    def predict(self, model: Any, rows: Any) -> Any:
        """The answer to a tensor, without gradients and in evaluation mode; each part's mode is put back."""
        torch = required("torch", "torch")
        if not isinstance(rows, torch.Tensor):
            return None
        modes = {part: part.training for part in model.modules()}
        model.eval()
        try:
            with torch.no_grad():
                return model(rows)
        finally:
            for part, mode in modes.items():
                part.training = mode

    def _unpickled(self, path: Path, into: Any) -> object:
        torch = required("torch", "torch")
        loaded: object = torch.load(path, map_location="cpu", weights_only=False)  # only with trust
        if into is None:
            return loaded
        return _filled(into, loaded.state_dict() if isinstance(loaded, torch.nn.Module) else loaded)


def _state_of(path: Path) -> Mapping[str, object]:
    """All tensors by name; those that shared memory come back under each of their names."""
    safetensors = required("safetensors", "safetensors", "torch")
    with safetensors.safe_open(path, framework="pt", device="cpu") as file:
        state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 # no mapping
        shared = file.metadata() or {}
    return state | {name: state[kept] for name, kept in shared.items() if kept in state and name not in state}


def _filled(module: Any, state: object) -> object:
    try:
        module.load_state_dict(state)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise UnsupportedModel(
            f"the state does not fit what was given by into: {error}",
            hint="Give an instance of the class that was pushed, made with the same arguments.",
        ) from error
    return module
