"""Which flavour knows a model. Flavours come from the entry point group `modelyard.flavours`, those of others too."""

import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Final

from modelyard.client.failures import UnsupportedModel
from modelyard.client.flavours.flavour import Flavour

GROUP: Final = "modelyard.flavours"
PLAIN: Final = "files"


class BrokenFlavour(UserWarning):
    """An installed package offers a flavour that cannot be used; the others can."""


def flavours() -> Mapping[str, Flavour]:
    """All that are installed, by name, found once in a process."""
    return _found()


def flavour_named(name: str) -> Flavour:
    """The flavour of this name.

    Raises:
        UnsupportedModel: it is not installed.
    """
    known = flavours()
    if name not in known:
        raise UnsupportedModel(
            f"there is no flavour {name!r} here",
            hint=f"Install the package that brings it. There are: {', '.join(sorted(known))}.",
        )
    return known[name]


def flavour_of_object(model: object) -> Flavour:
    """The flavour whose package made the object's class, or the nearest of its bases.

    Raises:
        UnsupportedModel: none, or several.
    """
    for kind in type(model).__mro__:
        package = kind.__module__.partition(".")[0]
        fitting = [flavour for flavour in flavours().values() if package in flavour.modules]
        if fitting:
            return _only(fitting, f"objects of {package}")
    kind = type(model)
    raise UnsupportedModel(
        f"no flavour knows objects of type {kind.__module__}.{kind.__qualname__}",
        hint='Save it to a file and push that; or push it with flavour="pickle", for those who trust you.',
    )


def flavour_of_file(path: Path) -> tuple[Flavour, str]:
    """The flavour that knows files with this ending, and its format; plain files, when none does."""
    suffix = path.suffix.lower()
    fitting = [flavour for flavour in flavours().values() if suffix and suffix in flavour.suffixes]
    if not fitting:
        return flavour_named(PLAIN), PLAIN
    flavour = _only(fitting, f"files that end in {suffix}")
    return flavour, flavour.suffixes[suffix]


def flavour_of_folder(path: Path) -> tuple[Flavour, str]:
    """The flavour that takes this folder as a model, and its format; plain files, when none does."""
    fitting = [(flavour, form) for flavour in flavours().values() if (form := flavour.takes_folder(path))]
    if not fitting:
        return flavour_named(PLAIN), PLAIN
    flavour = _only([flavour for flavour, _ in fitting], f"the folder {path.name}")
    return flavour, {one.name: form for one, form in fitting}[flavour.name]


def _only(fitting: Sequence[Flavour], what: str) -> Flavour:
    if len(fitting) > 1:
        names = " and ".join(sorted(flavour.name for flavour in fitting))
        raise UnsupportedModel(f"{names} both take {what}", hint="Choose one: flavour=...")
    return fitting[0]


@cache
def _found() -> Mapping[str, Flavour]:
    made = (_made(point) for point in entry_points(group=GROUP))
    return {flavour.name: flavour for flavour in made if flavour is not None}


def _made(point: EntryPoint) -> Flavour | None:
    try:
        flavour = point.load()()
    except Exception as error:  # noqa: BLE001 # the code of others: whatever it raises, the other flavours work
        warnings.warn(f"the flavour {point.name} of {point.value} is broken: {error!r}", BrokenFlavour, stacklevel=4)
        return None
    if not isinstance(flavour, Flavour):
        warnings.warn(f"{point.value} is no Flavour", BrokenFlavour, stacklevel=4)
        return None
    return flavour
