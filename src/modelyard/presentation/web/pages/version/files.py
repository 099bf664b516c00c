"""The files of a version."""

from collections.abc import Mapping
from dataclasses import dataclass

from modelyard.application.surveys.inspecting import VersionState
from modelyard.domain.json_value import JsonValue
from modelyard.presentation.http.routing import BASE
from modelyard.presentation.web.abilities import Abilities
from modelyard.presentation.web.formats import size_text
from modelyard.presentation.web.links import download_link, file_link, version_link
from modelyard.presentation.web.pages.version.head import HeadView, head_view
from modelyard.presentation.web.pages.version.preview_kinds import kind_of

_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """A file; `preview_href` is empty for what cannot be looked at here."""

    path: str
    size: str
    digest: str
    media_type: str
    preview_href: str
    download_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesView:
    """A page of files, by path."""

    head: HeadView
    files: tuple[FileView, ...]
    total: str
    archive_href: str
    next_href: str
    first_href: str


def files_view(state: VersionState, abilities: Abilities, after: str) -> FilesView:
    """The files behind a path."""
    version = state.version
    behind = sorted((file for file in version.files if str(file["path"]) > after), key=lambda file: str(file["path"]))
    shown = behind[:_SHOWN]
    here = version_link(version.model, version.number, "files")
    last = str(shown[-1]["path"]) if shown else ""
    has_more = len(behind) > len(shown)
    return FilesView(
        head=head_view(state, abilities, "files"),
        files=tuple(_file(version.model, version.number, file) for file in shown),
        total=size_text(version.size_bytes),
        archive_href=f"{BASE}{version_link(version.model, version.number)}/archive?format=zip",
        next_href=version_link(version.model, version.number, "files", after=last) if has_more else "",
        first_href=here if after else "",
    )


def _file(model: str, number: int, file: Mapping[str, JsonValue]) -> FileView:
    path, size_bytes = str(file["path"]), file["size_bytes"]
    return FileView(
        path=path,
        size=size_text(size_bytes) if isinstance(size_bytes, int) else "",
        digest=str(file["digest"]),
        media_type=str(file["media_type"]),
        preview_href=file_link(model, number, path) if kind_of(path) is not None else "",
        download_href=download_link(model, number, path),
    )
