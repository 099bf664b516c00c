"""The demo from its first line to its last."""

import shlex
import time
from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape

from demo.account import Account
from demo.asking import fetch, search, tell_history
from demo.callers import acting
from demo.description import MODEL_FILE
from demo.guarding import guard
from demo.making import measure, train_and_register
from demo.promoting import COMPARED, compare, promote
from demo.ranking import rank
from demo.registry import Registry
from demo.server import MAKE_RUN_FOLDER


def tell(account: Account, url: str, token: str, data_dir: Path | None, begun: float) -> None:
    """Do the main job of a registry, and tell of it.

    Args:
        account: Where it is told.
        url: The registry's address.
        token: An administrator's, where the registry asks who calls.
        data_dir: The folder that it keeps its data in, if the demo runs its own.
        begun: When the demo began, by `time.perf_counter`.

    Raises:
        DemoFailed: Something is not as it should be.
    """
    with acting(url, token) as (training, release):
        account.say(f"Registry: {url}" + (f", kept in {escape(str(data_dir))} (SQLite and files)" if data_dir else ""))
        seed = _earlier_versions(account, training)
        made = train_and_register(account, training, seed)
        measure(account, training, made)
        compare(account, release, made)
        promote(account, release, made)
        guard(account, training, release, made)
        search(account, release)
        tell_history(account, release)
        fetch(account, release, made)
        rank(account, release, made, data_dir or Path())
        _close(account, [training, release], begun)
        _show_the_way(account, url, data_dir, has_token=bool(token))


def _earlier_versions(account: Account, registry: Registry) -> int:
    """How many versions of the compared model there were; the seed, so that each run trains other models."""
    model = registry.find_model(COMPARED)
    latest: int = (model or {}).get("latest_version") or 0
    if latest:
        account.say(f"An earlier run was here: further versions follow, trained from another seed ({latest}).")
        account.say("Files that the registry knows already are not sent again.")
    return latest


def _close(account: Account, registries: Sequence[Registry], begun: float) -> None:
    requests = sum(registry.requests for registry in registries)
    waited = sum(registry.waited_seconds for registry in registries)
    account.say(
        f"\n[bold green]✓[/bold green] What came out is what went in. "
        f"{requests} requests took {waited:.1f} s, all {time.perf_counter() - begun:.1f} s."
    )


def _show_the_way(account: Account, url: str, data_dir: Path | None, *, has_token: bool) -> None:
    account.say()
    if data_dir is not None:
        url = "http://127.0.0.1:8000"
        command = "make run"
        if data_dir != MAKE_RUN_FOLDER:
            command = f".venv/bin/modelyard serve --data-dir {shlex.quote(str(data_dir))}"
        account.say(f"Serve it again: [bold]{escape(command)}[/bold]")
    account.say(f"Look around: {url}/docs in a browser, or")
    account.say(f"  api={url}/api/v1")
    who = ""
    if has_token:
        account.say('  auth="Authorization: Bearer $MODELYARD_TOKEN"')
        who = ' -H "$auth"'
    account.say(f"  curl -s{who} $api/models/{COMPARED}/versions/production")
    account.say(f'  curl -s{who} "$api/versions?q=handwritten+stage:production"')
    account.say(f"  curl -sO{who} $api/models/{COMPARED}/versions/@champion/files/{MODEL_FILE}")
