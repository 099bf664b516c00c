"""`make screenshots`, or `python -m demo.screenshots`."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from demo.failure import DemoFailed
from demo.screenshots.camera import LOOKS, SIZES, Look, browser, take, visiting
from demo.screenshots.places import GUARDED, ISSUER, OPEN, REFUSALS, dress, people
from demo.server import is_ready, starting_server

PICTURES = Path("docs/pictures")
CHOSEN = (
    ("home", Look(scheme="light", size="desktop")),
    ("search", Look(scheme="dark", size="desktop")),
    ("version", Look(scheme="light", size="desktop")),
    ("compare", Look(scheme="light", size="desktop")),
    ("policy", Look(scheme="dark", size="desktop")),
    ("model", Look(scheme="light", size="phone")),
    ("version", Look(scheme="dark", size="phone")),
)
"""What the README shows; all others are made anew for whoever asks."""

_TOKEN = re.compile(r"mdy_\w+")
_ADDRESS = re.compile(r"Modelyard listens on (http://\S+)")
_PATIENCE_SECONDS = 60


def main() -> int:
    """Take the pictures; 1 when a page is not as it should be."""
    arguments = _arguments()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory() as temporary, browser() as chromium:
            count = _open_pages(chromium, Path(temporary) / "open", arguments.folder)
            count += _guarded_pages(chromium, Path(temporary) / "guarded", arguments.folder)
    except DemoFailed as failure:
        print(f"screenshots: {failure}", file=sys.stderr)
        return 1
    chosen = sorted(PICTURES.glob("*.webp"))
    size = sum(path.stat().st_size for path in chosen)
    print(f"{count} pictures in {arguments.folder}; {len(chosen)} of README in {PICTURES}, {size / 1024:.0f} KiB")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo.screenshots", description="Take pictures of all web pages.")
    parser.add_argument(
        "--folder", type=Path, default=Path(".screenshots"), help="where all of them go (default: %(default)s)"
    )
    return parser.parse_args()


def _open_pages(chromium: Browser, data_dir: Path, folder: Path) -> int:
    """Of a registry in which what the demo tells of has happened."""
    from demo.screenshots.happening import happen  # noqa: PLC0415 - scikit-learn takes seconds

    with starting_server(data_dir) as ready_url:
        url = ready_url()
        happen(url)
        added = dress(url)
        time.sleep(3)  # the webhook's first tries, which cannot arrive
        return _pictures(chromium, url, {**OPEN, **added}, {}, folder)


def _guarded_pages(chromium: Browser, data_dir: Path, folder: Path) -> int:
    """Of a registry that asks who calls."""
    with _guarded_server(data_dir) as (url, token):
        people(url, token)
        return _pictures(chromium, url, GUARDED, {"Authorization": f"Bearer {token}"}, folder)


@contextmanager
def _guarded_server(data_dir: Path) -> Iterator[tuple[str, str]]:
    """A server that has just made its first administrator; its address, and their token."""
    command = (sys.executable, "-m", "modelyard", "serve", "--port", "0", "--data-dir", str(data_dir))
    environment = {**os.environ, "MODELYARD_AUTH": "tokens", "MODELYARD_WORKLOAD_ISSUERS": ISSUER}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment) as it:
        try:
            told = ""
            while (it.stdout is not None and (line := it.stdout.readline())) and not (
                _ADDRESS.search(told) and _TOKEN.search(told)
            ):
                told += line
            address, token = _ADDRESS.search(told), _TOKEN.search(told)
            if address is None or token is None or not is_ready(address[1], _PATIENCE_SECONDS):
                raise DemoFailed("the server that asks who calls did not start")
            yield address[1], token[0]
        finally:
            it.terminate()


def _pictures(chromium: Browser, url: str, places: Mapping[str, str], headers: Mapping[str, str], folder: Path) -> int:
    PICTURES.mkdir(parents=True, exist_ok=True)
    for look in LOOKS:
        with visiting(chromium, url, look, headers) as page:
            for name, address in places.items():
                take(page, address, folder / f"{name}-{look.suffix}.webp", status=REFUSALS.get(name, 200))
                width, height = SIZES[look.size]
                page.set_viewport_size({"width": width, "height": height})
                if (name, look) in CHOSEN:
                    take(page, address, PICTURES / f"{name}-{look.suffix}.webp", is_whole=False)
    return len(LOOKS) * len(places)


if __name__ == "__main__":
    sys.exit(main())
