"""Models of Transformers, as the folders that Hugging Face's tools read and write."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from modelyard.client.failures import DamagedFile, UnsupportedModel, UntrustedFormat
from modelyard.client.flavours.flavour import Flavour, Format, Loading, Saved, required
from modelyard.client.flavours.sealed import Sealed

_PICKLED: Final = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.msgpack", "*.h5")


class HuggingFace(Flavour):
    """`config.json` and weights as safetensors. Code in the folder is kept as files, and never run."""

    name = "hugging-face"
    framework = "transformers"
    modules = ("transformers",)
    formats = (Format(name="safetensors"),)
    needs = {"safetensors": ("torch", "safetensors")}

    def save(self, model: Any, folder: Path, form: str) -> Saved:
        """`save_pretrained`, of models and of pipelines with their tokenizers."""
        model.save_pretrained(folder, safe_serialization=True)
        return self.describe(folder, "", form)

    def load(self, folder: Path, sealed: Sealed, loading: Loading) -> object:
        """The class that its configuration names, if Transformers has it; or `into`, a class with `from_pretrained`."""
        transformers = required("transformers", "transformers")
        kind = loading.into
        if kind is None:
            [name, *_] = _config_of(folder).get("architectures") or ["AutoModel"]
            kind = getattr(transformers, str(name), None)
            if not isinstance(kind, type) or not issubclass(kind, transformers.PreTrainedModel):
                raise UnsupportedModel(
                    f"Transformers has no model {name!r}", hint="Give the class by into=, from code that you trust."
                )
        loaded: object = kind.from_pretrained(
            folder, use_safetensors=True, trust_remote_code=False, local_files_only=True
        )
        return loaded

    def takes_folder(self, folder: Path) -> str | None:
        """A folder with `config.json` and weights.

        Raises:
            UntrustedFormat: there are weights, but none in a safe format.
        """
        if not (folder / "config.json").is_file():
            return None
        if any(folder.glob("*.safetensors")):
            return "safetensors"
        if pickled := [path.name for pattern in _PICKLED for path in folder.glob(pattern)]:
            raise UntrustedFormat(
                f"the weights are in {pickled[0]} alone: whoever loads that runs code that its maker chose",
                hint='Save it with safe_serialization=True; or push it as files alone, by flavour="files".',
            )
        return None

    def describe(self, folder: Path, entry: str, form: str) -> Saved:
        """The architecture that the configuration names."""
        return Saved(entry="", details={"architectures": _config_of(folder).get("architectures") or []})

    def params(self, model: Any) -> Mapping[str, object]:
        """What of the configuration differs from its defaults."""
        config = getattr(model, "config", None)
        return {} if config is None else dict(config.to_diff_dict())


def _config_of(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise DamagedFile(f"config.json cannot be read: {error}") from error
    if not isinstance(config, dict):
        raise DamagedFile("config.json is no object")
    return config
