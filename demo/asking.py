"""The last chapters: what the registry answers to those who search, audit and serve."""

from collections.abc import Sequence
from itertools import pairwise

from demo.account import Account, size
from demo.failure import DemoFailed
from demo.making import Made, best_of
from demo.registry import Document, Registry, model_path
from demo.verification import Receipt, fetch_and_try

AUDITED = "demo.digits"
_QUERIES = (
    "handwritten",
    '"logistic regression" stage:production',
    "framework:scikit-learn alias:champion",
    "tag.family:kernel param.kernel:rbf",
    "boosting stage:draft",
)
_OF_THE_REGISTRY = {"model.created", "model.renamed", "model.deleted"}


def search(account: Account, registry: Registry) -> None:
    """Search the versions of all models, by words and by fields."""
    with account.chapter("Search all versions by words and fields") as chapter:
        chapter.show(("q=", ">found", "newest first"), [_found(registry, query) for query in _QUERIES])


def tell_history(account: Account, registry: Registry) -> None:
    """Who put what into which stage, and why; and whether the chain of events holds."""
    with account.chapter(f"Ask the history of {AUDITED}: what, when, by whom and why") as chapter:
        path = f"{model_path(AUDITED)}/events"
        newest = registry.read(path, action="version.stage_changed", limit=5)["items"]
        rows = [(event["at"][11:19], _change(event), event["actor"], event["reason"]) for event in reversed(newest)]
        chapter.show(("at (UTC)", "change", "by", "reason"), rows)
        events = list(registry.read_all(path, sort="sequence"))
        chapter.say(f"{_unbroken(events)} events of this model, each sealed with the hash of the one before.")


def fetch(account: Account, registry: Registry, made: Made) -> list[Receipt]:
    """Download what is in production, prove every byte, and predict with it."""
    with account.chapter("Fetch what is in production, verify it, predict with it") as chapter:
        receipts = [
            fetch_and_try(registry, model, "production", best_of(versions).trained) for model, versions in made.items()
        ]
        chapter.show(("reference", ">version", ">size", "digest", "predictions"), map(_row, receipts))
        chapter.say("Equal: to what the same rows got before registration. Nothing was unpickled")
        chapter.say("before its sha256 matched training, manifest, ETag and Repr-Digest. Asked")
        chapter.say("again by its ETag, the registry says 304 and sends nothing.")
    return receipts


def _found(registry: Registry, query: str) -> Sequence[str]:
    page = registry.read("/versions", q=query, limit=2, count=True)
    if not page["items"]:
        raise DemoFailed(f"The search {query} finds nothing")
    names = [f"{version['model'].removeprefix('demo.')}:{version['number']}" for version in page["items"]]
    return query, str(page["total"]), ", ".join(names) + (", …" if page["next_cursor"] else "")


def _change(event: Document) -> str:
    return f"{event['version']}: {event['before']['stage']} → {event['after']['stage']}"


def _unbroken(events: Sequence[Document]) -> int:
    """How many events the model's chain has; the creation of a model stands in the registry's own.

    Raises:
        DemoFailed: One is missing, or does not carry the hash of the one before.
    """
    chain = [event for event in events if event["action"] not in _OF_THE_REGISTRY]
    for before, after in pairwise(chain):
        if after["position"] != before["position"] + 1 or after["previous_hash"] != before["hash"]:
            raise DemoFailed(f"The history is broken between the events {before['sequence']} and {after['sequence']}")
    return len(chain)


def _row(receipt: Receipt) -> Sequence[str]:
    version = receipt.version
    return (
        f"{version['model']}:production",
        str(version["number"]),
        size(receipt.size_bytes),
        f"{receipt.digest[:11]}…",
        f"{receipt.predicted} of {receipt.predicted} equal",
    )
