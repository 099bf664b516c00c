"""Files and folders that no other flavour knows."""

from pathlib import Path
from typing import Any

from modelyard.client.failures import UnsupportedModel
from modelyard.client.flavours.flavour import Flavour, Format, Loading, Saved
from modelyard.client.flavours.sealed import Sealed


class PlainFiles(Flavour):
    """Files as they are. Loading gives their place on this machine, and reads nothing."""

    name = "files"
    formats = (Format(name="files"),)

    def save(self, model: Any, folder: Path, form: str) -> Saved:
        """There is nothing to be saved: it takes files and folders alone."""
        raise UnsupportedModel("only files and folders can be pushed as files")

    def load(self, folder: Path, sealed: Sealed, loading: Loading) -> object:
        """The path of the file, or of the folder where there are several."""
        return folder / sealed.entry
