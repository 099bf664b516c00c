"""From the files of a version to a model, without running anybody's code unless the caller trusts it."""

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelyard.client.failures import DamagedFile, ModelyardError, UnsupportedModel
from modelyard.client.flavours.finding import flavour_named
from modelyard.client.flavours.flavour import Loading
from modelyard.client.flavours.sealed import SEALED_NAME, Sealed, read_sealed
from modelyard.client.flavours.trust import Trust
from modelyard.client.push.environment import installed


class EnvironmentMismatch(UserWarning):
    """A model was made with other major versions of packages than are installed here; it may answer differently."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCheck:
    """What loading a version would take; nothing of it has been deserialised.

    Attributes:
        flavour: Which flavour made it; empty where it was registered without this client, so that `load` gives a path.
        form: In which format.
        entry: The file with which loading begins.
        runs_code: Whether loading runs code that its maker chose, and so needs `trust="pickle"`.
        differences: Packages whose major version here is another one, or that are missing, in words.
    """

    flavour: str = ""
    form: str = ""
    entry: str = ""
    runs_code: bool = False
    differences: Sequence[str] = ()


def load_folder(folder: Path, trust: str | Iterable[str] = (), into: object = None) -> object:
    """The model in a folder whose bytes are verified, as a pull leaves them; or a path, where nothing is known of it.

    Args:
        folder: The files of one version.
        trust: `"pickle"` lets any code in them run; names of types let those be made.
        into: A class or object that takes the model, where its flavour knows how.

    Raises:
        UntrustedFormat: it would run code that is not trusted.
        UnsupportedModel: its flavour or what that needs is not installed.
        DamagedFile: the version does not hold what it says.
    """
    sealed = read_sealed(folder)
    if sealed is None:
        files = [path for path in folder.rglob("*") if path.is_file()]
        return files[0] if len(files) == 1 else folder
    flavour = flavour_named(sealed.flavour)
    form = flavour.format_named(sealed.form)
    if sealed.entry and not (folder / sealed.entry).is_file():
        raise DamagedFile(f"{SEALED_NAME} names {sealed.entry}, which the version does not hold")
    loading = Loading(trust=Trust.of(trust), into=into)
    if form.runs_code:
        loading.trust.check_format(form.name, sealed.entry)
    if unlike := differences(sealed):
        told = f"the model was made with other versions: {'; '.join(unlike)}"
        warnings.warn(told, EnvironmentMismatch, stacklevel=3)
    try:
        return flavour.load(folder, sealed, loading)
    except ModelyardError:
        raise
    except Exception as error:  # a framework may raise anything over what somebody pushed
        told = f"{flavour.name} cannot read {sealed.entry or 'the files'}: {type(error).__name__}: {error}"
        raise UnsupportedModel(
            told[:1000], hint="Is it what its name says, and from a version that is known here?"
        ) from error


def check_folder(folder: Path) -> LoadCheck:
    """What loading would take.

    Raises:
        UnsupportedModel, DamagedFile: it could not be loaded.
    """
    sealed = read_sealed(folder)
    if sealed is None:
        return LoadCheck()
    form = flavour_named(sealed.flavour).format_named(sealed.form)
    return LoadCheck(
        flavour=sealed.flavour,
        form=form.name,
        entry=sealed.entry,
        runs_code=form.runs_code,
        differences=differences(sealed),
    )


def differences(sealed: Sealed) -> list[str]:
    """Packages that the model needs and that are missing, or of another major version: `numpy 1.26.4, here 2.4.6`."""
    found = []
    for name, version in sealed.packages.items():
        here = installed(name)
        if here is None:
            found.append(f"{name} {version}, here none")
        elif _major(here.version) != _major(version):
            found.append(f"{name} {version}, here {here.version}")
    return found


def _major(version: str) -> str:
    return version.partition(".")[0]
