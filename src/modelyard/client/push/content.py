"""The files of a version: what a flavour makes of an object, or the files and folders that are given."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from modelyard.client.failures import CannotPush
from modelyard.client.flavours.finding import (
    PLAIN,
    flavour_named,
    flavour_of_file,
    flavour_of_folder,
    flavour_of_object,
)
from modelyard.client.flavours.flavour import Flavour, Format, Saved
from modelyard.client.flavours.sealed import SEALED_NAME, Sealed, read_sealed
from modelyard.client.push.folder import files_of
from modelyard.client.push.options import PushOptions

_README: Final = "README.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What will be in a version, before anything of its surroundings is known.

    Attributes:
        flavour: Which flavour reads it again.
        form: In which of its formats.
        saved: What the flavour says of the files.
        origin: How the flavour was chosen.
        files: Relative POSIX paths, and where the files lie.
        model: The object; nothing where files were given.
        pulled: What the files say of themselves that were in a registry before.
        readme: The folder's own description.
        notes: What does not go along as it is.
    """

    flavour: Flavour
    form: Format
    saved: Saved
    origin: str
    files: Sequence[tuple[str, Path]]
    model: object = None
    pulled: Sealed | None = None
    readme: Path | None = None
    notes: Sequence[str] = field(default_factory=tuple)


def content_of(model: object, options: PushOptions, folder: Path) -> Content:
    """Look at what is given; an object is written into the empty `folder`.

    Raises:
        UnsupportedModel: no flavour knows it, or the flavour cannot save it.
        CannotPush: there is no such file, or it is of no use.
    """
    if isinstance(model, str | os.PathLike):
        path = Path(model)
        if path.is_dir():
            return _of_folder(path, options)
        if path.is_file():
            return _of_file(path, options)
        raise CannotPush(f"there is no file or folder {path}", hint="Give a path that is there, or a fitted model.")
    return _of_object(model, options, folder)


def _of_object(model: object, options: PushOptions, folder: Path) -> Content:
    name = options.get("flavour")
    flavour = flavour_named(name) if name else flavour_of_object(model)
    form = flavour.format_named(options.get("format"))
    saved = flavour.save(model, folder, form.name)
    kind = f"{type(model).__module__}.{type(model).__qualname__}"
    files, notes = files_of(folder)
    origin = "given" if name else f"type {kind}"
    return Content(flavour=flavour, form=form, saved=saved, origin=origin, files=files, model=model, notes=notes)


def _of_file(path: Path, options: PushOptions) -> Content:
    [(relative, place)], notes = files_of_one(path)
    name, asked = options.get("flavour"), options.get("format")
    flavour, found = flavour_of_file(path)
    if name:
        flavour = flavour_named(name)
        found = flavour.suffixes.get(path.suffix.lower(), flavour.formats[0].name)
    form = flavour.format_named(asked or found)
    saved = flavour.describe(path.parent, relative, form.name)
    origin = "given" if name else f"the file's name, {relative}"
    return Content(flavour=flavour, form=form, saved=saved, origin=origin, files=[(relative, place)], notes=notes)


def files_of_one(path: Path) -> tuple[list[tuple[str, Path]], list[str]]:
    """A single file, under its own name.

    Raises:
        CannotPush: it would hide what this client adds.
    """
    if path.name == SEALED_NAME:
        raise CannotPush(f"{SEALED_NAME} is the name of a file that is added", hint="Rename it.")
    return [(path.name, path)], [f"{path.name} is a link; the file goes along"] if path.is_symlink() else []


def _of_folder(path: Path, options: PushOptions) -> Content:
    """One that was pulled says itself what it is, and goes along unchanged."""
    files, notes = files_of(path, options.get("ignore", ()))
    name, pulled = options.get("flavour"), read_sealed(path)
    if pulled is not None and not name:
        flavour, found, origin = flavour_named(pulled.flavour), pulled.form, f"its {SEALED_NAME}"
    elif name:
        flavour, found, origin = flavour_named(name), None, "given"
    else:
        flavour, found = flavour_of_folder(path)
        origin = "its files" if flavour.name != PLAIN else "no other flavour knows its files"
    form = flavour.format_named(options.get("format") or found)
    if pulled is not None and not name:
        saved = Saved(entry=pulled.entry, details=pulled.details)
    else:
        saved, pulled = flavour.describe(path, "", form.name), None
        files = [(relative, place) for relative, place in files if relative != SEALED_NAME]
    readme = next((place for relative, place in files if relative == _README), None)
    return Content(
        flavour=flavour, form=form, saved=saved, origin=origin, files=files, pulled=pulled, readme=readme, notes=notes
    )
