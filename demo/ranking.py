"""The chapter at the end: which version is best, and how they all compare."""

from pathlib import Path

from rich.markup import escape

from demo.account import Account
from demo.failure import DemoFailed
from demo.making import Made
from demo.promoting import COMPARED
from demo.registry import Document, Registry, model_path

PLOT = "comparison.svg"
_SHOWN = 5
_DATASET = "holdout"
_UNAVAILABLE = 406


def rank(account: Account, registry: Registry, made: Made, folder: Path) -> None:
    """Show the leaderboard of a model, and write the plot that compares its best versions to a file."""
    metric = made[COMPARED][0].trained.task.headline
    with account.chapter(f"Rank the versions of {COMPARED} by {metric}") as chapter:
        board = registry.read(f"{model_path(COMPARED)}/leaderboard", metric=metric, dataset=_DATASET, limit=_SHOWN)
        places: list[Document] = board["items"]
        if [place["value"] for place in places] != sorted((place["value"] for place in places), reverse=True):
            raise DemoFailed("The leaderboard is not in the order of its values")
        columns = (">rank", "version", "stage", f">{metric}", ">to production")
        chapter.show(columns, [_row(place) for place in places])
        wanted = {"versions": ",".join(str(place["number"]) for place in places), "format": "svg"}
        answer = registry.send("GET", f"{model_path(COMPARED)}/compare", params=wanted)
        if answer.status_code == _UNAVAILABLE:
            chapter.say("This registry draws no pictures: it runs without the extra [bold]plots[/bold].")
            return
        if answer.is_error or not answer.content.startswith(b"<svg"):
            raise DemoFailed(f"The plot of the comparison was answered with {answer.status_code}")
        file = folder / PLOT
        file.write_bytes(answer.content)
        chapter.say(f"All their metrics beside each other: [bold]{escape(str(file))}[/bold], for a browser.")


def _row(place: Document) -> tuple[str, ...]:
    delta = place["delta"]
    return (
        str(place["rank"]),
        f"{place['model']}:{place['number']}",
        place["stage"],
        f"{place['value']:.3f}",
        "" if delta is None else f"{delta:+.3f}",
    )
