"""Exact versions of what a model needs, as they are installed."""

import platform
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution, packages_distributions

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SEPARATORS = re.compile(r"[-_.]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """`packages` are needed by the model; `loaded` had been imported besides, and may have had a part in it."""

    python: str
    platform: str
    packages: Mapping[str, str]
    loaded: Mapping[str, str]

    @property
    def requirements(self) -> str:
        """`packages` as pip takes them. A local part (`2.13.0+cpu`) names a build that indexes do not have."""
        lines = (f"{name}=={version.partition('+')[0]}\n" for name, version in self.packages.items())
        return f"# Python {self.python} on {self.platform}\n{''.join(lines)}"


def environment_of(distributions: Iterable[str], modules: Iterable[str]) -> Environment:
    """The present process's.

    Args:
        distributions: Names of what the model needs, as package registries name them; unknown ones are passed over.
        modules: Packages whose code is in the model, as Python names them.
    """
    brought_by = packages_distributions()
    roots = [*distributions, *(name for module in modules for name in brought_by.get(module, ()))]
    needed = _with_requirements(roots)
    imported = {name for module in _imported() for name in brought_by.get(module, ())}
    loaded = {_plain(name): found.version for name in imported if (found := installed(name))}
    return Environment(
        python=platform.python_version(),
        platform=f"{platform.system()}-{platform.machine()}",
        packages=dict(sorted(needed.items())),
        loaded=dict(sorted((name, version) for name, version in loaded.items() if name not in needed)),
    )


def version_of(framework: str, modules: Iterable[str] = ()) -> str:
    """The installed version of a distribution, or of whichever brings its modules (`xgboost-cpu`); empty if none."""
    if found := installed(framework):
        return found.version
    names = packages_distributions()
    brought = (installed(name) for module in modules for name in names.get(module, ()))
    return next((one.version for one in brought if one is not None), "")


def installed(name: str) -> Distribution | None:
    """What is installed under this name."""
    try:
        return distribution(name)
    except (PackageNotFoundError, ValueError):  # an empty name is the second
        return None


def _with_requirements(roots: Iterable[str]) -> dict[str, str]:
    """The installed ones among these and all that they require, but for extras: nobody knows who asked for them."""
    found: dict[str, str] = {}
    waiting = list(roots)
    while waiting:
        name = _plain(waiting.pop())
        one = None if name in found else installed(name)
        if one is not None:
            found[name] = one.version
            waiting += [match[0] for text in one.requires or () if (match := _required(text))]
    return found


def _required(text: str) -> re.Match[str] | None:
    """The name in `scipy (>=1.8) ; python_version < "3.13"`; a marker that does not hold leaves nothing installed."""
    return None if "extra ==" in text.partition(";")[2] else _NAME.match(text)


def _imported() -> set[str]:
    return {name.partition(".")[0] for name in tuple(sys.modules)} - sys.stdlib_module_names


def _plain(name: str) -> str:
    """Names that registries take for the same one."""
    return _SEPARATORS.sub("-", name).lower()
