"""What a flavour is: the one class to derive from when Modelyard is to learn another kind of models."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

from modelyard.client.failures import UnsupportedModel
from modelyard.client.flavours.sealed import Sealed
from modelyard.client.flavours.signature import Signature
from modelyard.client.flavours.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A way to write a model down. `runs_code`: reading it can run code that the maker of the file chose."""

    name: str
    runs_code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What a flavour says of files that it has written, or was given.

    Attributes:
        entry: The relative POSIX path of the file with which loading begins; empty for the folder as a whole.
        details: What loading needs to know besides; JSON. It is sealed with the version.
        signature: Inputs and outputs, where the model itself knows them.
    """

    entry: str
    details: Mapping[str, object] = field(default_factory=dict)
    signature: Signature | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """How the caller wants a model loaded: whose code may run, and into what (a class or an object of theirs)."""

    trust: Trust = field(default_factory=Trust)
    into: Any = None


class Flavour(ABC):
    """A kind of models. Importing its module must not import the framework; its methods do that when they run.

    Attributes:
        name: Stands in the sealed file; `flavour=` chooses by it.
        framework: The distribution that made the models, as package registries name it; empty where there is none.
        modules: Packages whose types are models of this flavour: `("sklearn",)`. Of an object's bases in their order,
            the first whose package some flavour names decides.
        formats: The first is used unless another is asked for.
        suffixes: Endings of files that are models of this flavour, each with its format.
        needs: Distributions that loading needs besides the framework, by format.
    """

    name: ClassVar[str]
    framework: ClassVar[str] = ""
    modules: ClassVar[Sequence[str]] = ()
    formats: ClassVar[Sequence[Format]]
    suffixes: ClassVar[Mapping[str, str]] = {}
    needs: ClassVar[Mapping[str, Sequence[str]]] = {}

    @abstractmethod
    def save(self, model: Any, folder: Path, form: str) -> Saved:
        """Write a model into an empty folder.

        Raises:
            UnsupportedModel: this format cannot hold it.
        """

    @abstractmethod
    def load(self, folder: Path, sealed: Sealed, loading: Loading) -> object:
        """Read what `save` has written. The bytes are those that were pushed; who pushed them may mean harm.

        A format that `runs_code` arrives here only when the caller trusts everything.

        Raises:
            UntrustedFormat: it would run code that the caller does not trust.
        """

    def takes_folder(self, folder: Path) -> str | None:
        """The format of a folder that is a model of this flavour, or nothing; its files are read, never run."""
        return None

    def describe(self, folder: Path, entry: str, form: str) -> Saved:
        """What can be said of files that somebody else wrote; nothing in them may run."""
        return Saved(entry=entry)

    def params(self, model: Any) -> Mapping[str, object]:
        """The parameters that it was made with."""
        return {}

    def predict(self, model: Any, rows: Any) -> Any:
        """What the model makes of a few rows, or `None` where that is not to be tried. The model stays as it was."""
        return None

    def parts(self, model: Any) -> Sequence[object]:
        """Objects within the model whose packages it needs as well, such as the steps of a pipeline."""
        return ()

    def format_named(self, name: str | None) -> Format:
        """The format of this name, or the first.

        Raises:
            UnsupportedModel: There is none.
        """
        known = {one.name: one for one in self.formats}
        if name is None:
            return self.formats[0]
        if name not in known:
            raise UnsupportedModel(
                f"the flavour {self.name} has no format {name!r}", hint=f"It has: {', '.join(known)}."
            )
        return known[name]


def required(module: str, distribution: str, extra: str = "") -> ModuleType:
    """Import a module that only some flavours need.

    Raises:
        UnsupportedModel: It is not installed; the hint says what to install.
    """
    try:
        return import_module(module)
    except ImportError as error:
        wanted = f'"modelyard[{extra}]"' if extra else distribution
        raise UnsupportedModel(f"{module} cannot be imported: {error}", hint=f"Run: pip install {wanted}") from error
