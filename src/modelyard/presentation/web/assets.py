"""Styles and scripts, named by their content."""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from modelyard.domain.errors import NotFound

FOLDER = Path(__file__).parent
STATIC = "/static"
STYLES = "app.css"
CHARTS = "plotly.min.js"
_FIRST = ("tokens.css", "elements.css", "layout.css")
"""Styles that the others build on, in this order."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent, packed, and as it is for the few who cannot unpack it."""

    media_type: str
    body: bytes
    packed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """All files under one tag: a change of any of them gives all a new address, so they always fit each other."""

    tag: str
    files: Mapping[str, Asset]

    @property
    def address(self) -> str:
        """Where they lie."""
        return f"{STATIC}/{self.tag}"


class Assets:
    """The files, read when they are first asked for."""

    @cached_property
    def bundle(self) -> Bundle:
        """The project's own: one style sheet of all components, and the modules as they are."""
        static = FOLDER / "static"
        styles = [static / name for name in _FIRST] + sorted((FOLDER / "components").glob("*.css"))
        texts = {STYLES: b"\n".join(path.read_bytes() for path in styles)}
        texts |= {path.name: path.read_bytes() for path in sorted(static.iterdir()) if path.suffix in {".js", ".svg"}}
        digest = hashlib.sha256(version("plotly").encode())
        for name, body in texts.items():
            digest.update(name.encode() + b"\0" + body)
        files = {name: _asset(name, body) for name, body in texts.items()}
        return Bundle(tag=digest.hexdigest()[:16], files=files)

    @cached_property
    def charts(self) -> Asset:
        """The script that draws charts, as the package has it; the package itself is not imported."""
        spec = find_spec("plotly")
        if spec is None or spec.origin is None:
            raise NotFound("the script of charts is not installed", hint="Install modelyard[server].")
        return _asset(CHARTS, (Path(spec.origin).parent / "package_data" / CHARTS).read_bytes())

    def find(self, name: str) -> Asset:
        """A file by its name.

        Raises:
            NotFound: there is none.
        """
        found = self.charts if name == CHARTS else self.bundle.files.get(name)
        if found is None:
            raise NotFound(f"there is no file {name[:100]!r}")
        return found


def assets_of(request: Request) -> Assets:
    """The files of the application that serves this request."""
    return cast(Assets, request.app.state.assets)


async def bundle_of(request: Request) -> Bundle:
    """The bundle; the loop does not wait for the disk."""
    assets = assets_of(request)
    return assets.bundle if "bundle" in vars(assets) else await run_in_threadpool(lambda: assets.bundle)


def _asset(name: str, body: bytes) -> Asset:
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if media_type.startswith("text/"):
        media_type += "; charset=utf-8"
    return Asset(media_type=media_type, body=body, packed=gzip.compress(body, 6, mtime=0))
