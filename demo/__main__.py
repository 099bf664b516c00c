"""`make demo`, or `python -m demo`."""

import argparse
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
from rich.markup import escape

from demo.account import Account, make_console
from demo.failure import DemoFailed
from demo.server import MAKE_RUN_FOLDER, is_ready, starting_server


def main() -> int:
    """Run the demo; 1 when something is not as it should be."""
    begun = time.perf_counter()
    arguments = _arguments()
    # So that a demo that is asked to end takes its server along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    account = Account(make_console(os.environ))
    account.say("[bold]Modelyard[/bold]: a model registry at work, through its HTTP API alone")
    try:
        with _registry(arguments) as ready_url:
            # scikit-learn takes seconds to import; the server starts meanwhile.
            from demo.story import tell  # noqa: PLC0415

            token = os.environ.get("MODELYARD_TOKEN", "") if arguments.url else ""
            tell(account, ready_url(), token, None if arguments.url else arguments.data_dir, begun)
    except (DemoFailed, httpx.TransportError) as failure:
        account.say(f"\n[bold red]✗ The demo failed.[/bold red] {escape(str(failure))}")
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo", description="Show a registry at work, on real models.")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--data-dir",
        type=Path,
        default=MAKE_RUN_FOLDER,
        help="folder that the registry is kept in; further versions are added to what is there (default: %(default)s)",
    )
    where.add_argument(
        "--url",
        help="use a registry that runs already, such as http://127.0.0.1:8000; where it asks who calls, "
        "MODELYARD_TOKEN holds an administrator's token, by which the demo makes accounts of its own",
    )
    return parser.parse_args()


@contextlib.contextmanager
def _registry(arguments: argparse.Namespace) -> Iterator[Callable[[], str]]:
    """What tells the address once the registry is ready: the one that runs already, or one of the demo's own."""
    if arguments.url is None:
        with starting_server(arguments.data_dir) as ready_url:
            yield ready_url
    else:
        yield lambda: _given(arguments.url.rstrip("/"))


def _given(url: str) -> str:
    if not is_ready(url, patience_seconds=5):
        raise DemoFailed(f"No registry is ready at {url}.")
    return url


if __name__ == "__main__":
    sys.exit(main())
