"""Runs that have ended and are no versions yet: one that is to be sent now, and those that were left behind."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from modelyard.client.answers import Document
from modelyard.client.failures import RunBusy
from modelyard.client.logged import Logged
from modelyard.client.push.draft import PICTURE, draft
from modelyard.client.push.options import dataset_entries
from modelyard.client.push.plan import PushPlan
from modelyard.client.records import Version
from modelyard.client.reference import model_path
from modelyard.client.refusals import ModelNotFound
from modelyard.client.spool import Spool
from modelyard.client.transfer.local_file import LocalFile, local_file
from modelyard.client.transfer.progress import Progress
from modelyard.client.transport import Transport


class UnfinishedRun:
    """A run that has ended. `state` is `finished` (it is only to be sent), `failed` or `interrupted` (killed)."""

    def __init__(self, transport: Transport, folder: Path) -> None:
        self.folder, self.id = folder, folder.name
        self._transport = transport
        with _opened(folder) as spool:
            record = spool.record
        self.name: str = record["model"]
        self.url: str = record["url"]
        self.state: str = "interrupted" if record["state"] == "running" else record["state"]
        self.error: str = record.get("error", "")

    def __repr__(self) -> str:
        return f"UnfinishedRun({self.id!r}, name={self.name!r}, state={self.state!r})"

    def logged(self) -> Logged:
        """All that it has logged: measurements, and `latest_values()` of each metric."""
        with _opened(self.folder) as spool:
            return Logged(spool.lines())

    def send(self, progress: Progress | None = None) -> Version:
        """Make a version of it, whatever its state, which `metadata.run` tells; then remove it from this machine.

        It can be called again at any time: a version that was made before is found, and completed.

        Raises:
            Unreachable: The registry gave no answer in time; the run stays.
            RegistryError: It refuses something; the run stays.
            RunBusy: The run goes on, or another process sends it.
        """
        with _opened(self.folder) as spool:
            record = spool.record
            plan = self._plan(spool, record)
            made = self._made_before(record)
            spool.write({**record, "is_tried": True})
            version = plan.send(progress) if made is None else plan.complete(made)
            spool.remove()
        return version

    def discard(self) -> None:
        """Remove it from this machine; nothing of it is left.

        Raises:
            RunBusy: The run goes on, or another process sends it.
        """
        with _opened(self.folder) as spool:
            spool.remove()

    def _plan(self, spool: Spool, record: Document) -> PushPlan:
        logged = Logged(spool.lines())
        kept = spool.read("plan.json") or _without_model(record)
        files = [LocalFile(**{**one, "source": Path(one["source"])}) for one in kept["files"]]
        body = _body(kept["body"], record, logged, self.state)
        if kept["is_draft"]:
            taken = {file.path for file in files}
            body["card"], picture = draft(self.name, kept["kind"], body, logged.latest(), spool.folder, taken)
            files += [local_file(picture, PICTURE, "image/svg+xml")] if picture else []
        return PushPlan(
            model=self.name, facts=[], notes=[], sources=[], known=files, metrics=logged, key=record["key"],
            body=body, folder=None, transport=self._transport,
        )  # fmt: skip

    def _made_before(self, record: Document) -> Document | None:
        """Idempotency keys are remembered for a day, what a version says of its run for good."""
        if not record.get("is_tried"):
            return None
        path, query = f"{model_path(self.name)}/versions", {"q": f"meta.run.id = {json.dumps(self.id)}"}
        try:
            return next(self._transport.items(path, query, 1), None)
        except ModelNotFound:
            return None


def unfinished_runs(transport: Transport) -> list[UnfinishedRun]:
    """Those of this registry, the oldest first; runs that go on are none of them."""
    found = []
    for folder in sorted(path for path in runs_folder().glob("*") if path.is_dir()):
        try:
            run = UnfinishedRun(transport, folder)
        except (RunBusy, OSError, ValueError, KeyError):  # it goes on, or was killed before it began: it logged nothing
            continue
        if run.url == transport.server.url:
            found.append(run)
    return found


def runs_folder() -> Path:
    """In the user's folder for the state of programs."""
    from platformdirs import user_state_path  # only where a file has to be found

    return user_state_path("modelyard", appauthor=False) / "runs"


def plan_document(plan: PushPlan, folder: Path) -> Document:
    """What has to be kept of a plan so that another process can send it; files from elsewhere are copied into `folder`.

    Training goes on, and may write to them again.
    """
    files, given = [], folder / "given"
    given.mkdir()
    for number, file in enumerate(plan.files):
        source = file.source
        if not source.is_relative_to(folder):
            source = given / str(number)
            shutil.copyfile(file.source, source)
        files.append({**file.entry, "source": str(source.absolute())})
    return {"body": plan.body, "files": files, "kind": plan.kind, "is_draft": plan.is_draft}


def _without_model(record: Document) -> Document:
    """A plan of no files, with the card that the run was given, or a draft."""
    card, datasets = record["options"].get("card"), record["options"].get("datasets")
    body: Document = {} if card is None else {"card": card}
    if datasets:
        body["lineage"] = {"datasets": dataset_entries(datasets)}
    return {"body": body, "files": [], "kind": "A run that kept no model.", "is_draft": card is None}


def _body(body: Document, record: Document, logged: Logged, state: str) -> Document:
    """The version: what the model told of itself, what the run was given, what was logged."""
    told = {key: value for key, value in record["options"].items() if value}
    run = {"id": record["id"], "state": state, "begun": record["begun"]}
    run |= {key: record[key] for key in ("ended", "error", "lost") if record.get(key)}
    run |= {"not_finite": logged.not_finite} if logged.not_finite else {}
    lineage = {"run": record["id"], **{key: told[key] for key in ("parent", "source", "run") if key in told}}
    metadata = {"run": run, **({"git": record["git_more"]} if record["git"] else {})}
    return {
        "description": told.get("description", ""),
        "tags": told.get("tags", {}),
        **body,
        "params": {**body.get("params", {}), **logged.params},
        "metadata": {**metadata, **body.get("metadata", told.get("metadata", {}))},
        "lineage": {**lineage, **({"git": record["git"]} if record["git"] else {}), **body.get("lineage", {})},
    }


@contextmanager
def _opened(folder: Path) -> Iterator[Spool]:
    spool = Spool.open(folder)
    if spool is None:
        raise RunBusy(f"the run {folder.name} goes on, or another process sends it")
    try:
        yield spool
    finally:
        spool.close()
