"""What the demo does to a registry, without telling of it."""

import io

from rich.console import Console

from demo.account import Account
from demo.guarding import guard
from demo.making import measure, train_and_register
from demo.promoting import compare, promote
from demo.registry import Registry


def happen(url: str) -> None:
    """Train, register, measure, promote and guard.

    Raises:
        DemoFailed: Something is not as it should be.
    """
    account = Account(Console(file=io.StringIO()))
    training, release = Registry(url, "training"), Registry(url, "release")
    try:
        made = train_and_register(account, training, 0)
        measure(account, training, made)
        compare(account, release, made)
        promote(account, release, made)
        guard(account, training, release, made)
    finally:
        training.close()
        release.close()
