"""Models of Keras 3."""

from pathlib import Path
from typing import Any

from modelyard.client.failures import UntrustedFormat
from modelyard.client.flavours.flavour import Flavour, Format, Loading, Saved, required
from modelyard.client.flavours.sealed import Sealed


class Keras(Flavour):
    """The format `.keras`. It can hold functions; those are made only for who trusts everything (`safe_mode`)."""

    name = "keras"
    framework = "keras"
    modules = ("keras",)
    formats = (Format(name="keras"),)
    suffixes = {".keras": "keras"}

    def save(self, model: Any, folder: Path, form: str) -> Saved:
        """`model.keras`, with the backend that it was trained on."""
        model.save(folder / "model.keras")
        return Saved(entry="model.keras", details={"backend": required("keras", "keras").backend.backend()})

    def load(self, folder: Path, sealed: Sealed, loading: Loading) -> object:
        """The model. `into` takes its weights; or it maps names to layers of the caller's own."""
        keras = required("keras", "keras")
        path, into, is_safe = folder / sealed.entry, loading.into, not loading.trust.is_complete
        if isinstance(into, keras.Model):
            into.load_weights(path)
            return into
        try:
            model: object = keras.saving.load_model(path, custom_objects=into, safe_mode=is_safe)
        except ValueError as error:
            if is_safe and "safe_mode" in str(error):
                raise UntrustedFormat(
                    f"{sealed.entry} holds functions, such as those of Lambda layers: loading runs them",
                    hint='If you trust those who can push this model, load with trust="pickle".',
                ) from error
            raise
        return model

    def predict(self, model: Any, rows: Any) -> Any:
        """`predict`, without a bar of progress."""
        return model.predict(rows, verbose=0)
