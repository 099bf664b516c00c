"""Training runs: logged as they go, on this machine's disk; each becomes a version when it ends well.

A version appears whole, so nothing can be sent before a run ends. Until then every value is in a file as soon as `log`
returns: neither a lost connection nor the end of the process loses it.
"""

import math
import secrets
import shutil
import threading
import time
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Unpack, cast

from modelyard.client.answers import Document
from modelyard.client.failures import CannotPush, ModelyardError
from modelyard.client.push.git import git_state
from modelyard.client.push.measurements import number_of, place_of
from modelyard.client.push.options import PushOptions
from modelyard.client.push.parameters import as_params
from modelyard.client.push.planning import plan_push, text_of
from modelyard.client.records import Version
from modelyard.client.spool import Spool
from modelyard.client.transport import Transport
from modelyard.client.unfinished import UnfinishedRun, plan_document, runs_folder, unfinished_runs

__all__ = ["Run", "RunWarning", "UnfinishedRun", "unfinished_runs"]

MOST_POINTS: Final = 1_000_000
_LARGEST_STEP: Final = 2**53 - 1


_KEPT: Final = ("tags", "metadata", "description", "parent", "source", "run", "datasets", "card")
"""What a run without a model needs of its options when it is sent, by whichever process."""


class RunWarning(UserWarning):
    """Something of a run was not kept; the training goes on."""


class Run:
    """A run, to be used by `with`; threads may share it. `version` is there after it has ended well.

    An exception ends it as failed: no version comes of it, and what was logged stays on this machine, where
    `registry.unfinished_runs()` finds it.
    """

    def __init__(self, transport: Transport, name: str, options: PushOptions) -> None:
        self.name = name
        self.id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
        self.version: Version | None = None
        self._transport, self._options = transport, _without_metrics(options)
        self._guard = threading.Lock()
        self._places: dict[str, tuple[str, str, str]] = {}
        self._next_step: dict[tuple[str, str, str], int] = {}
        self._points = self._lost = 0
        self._warned: set[str] = set()
        self._is_over = False
        self._model_folder: Path | None = None
        self._spool = Spool.create(runs_folder() / self.id, self._beginning())
        if params := options.get("params"):
            self.params(params)

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:
            self.finish()
        else:
            self.fail(f"{type(error).__name__}: {error}")

    def log(
        self,
        values: Mapping[str, float] | None = None,
        /,
        *,
        step: int | None = None,
        dataset: str | None = None,
        **more: float,
    ) -> None:
        """Keep the values of metrics at a step: `run.log(loss=0.3, step=7)`, `run.log({"auc@holdout": 0.9})`.

        A value that is logged again at the same step replaces the former. NaN and infinities are counted and not
        kept, since the registry takes finite numbers alone; the version's metadata tell of them.

        Args:
            values: Values by name.
            step: An integer from 0. Without: the one after the metric's last.
            dataset: On which they were measured; the run's own, if it is not said.
            more: Values by name.

        Raises:
            CannotPush: A name cannot be one, a value is no number, or a step none.
        """
        where = self._options.get("dataset", "") if dataset is None else dataset
        given = {**(values or {}), **more}
        points = [(self._place(name, where), number_of(value, name)) for name, value in given.items()]
        if step is not None and (type(step) is not int or not 0 <= step <= _LARGEST_STEP):
            raise CannotPush(f"{step!r} is no step", hint="Steps are integers from 0.")
        with self._guard:
            self._check_open()
            self._keep({"at": _now(), "points": [self._point(place, value, step) for place, value in points]})

    def params(self, values: Mapping[str, object] | None = None, /, **more: object) -> None:
        """Keep parameters; later values replace earlier ones, and those that the model tells of itself."""
        kept, notes = as_params({**(values or {}), **more})
        with self._guard:
            self._check_open()
            for note in notes:
                self._warn(note)
            self._keep({"params": kept})

    def model(self, model: object, **options: Unpack[PushOptions]) -> None:
        """Keep the model as it is now; it is written to disk, and sent when the run ends. A later one replaces it.

        Args:
            model: As of `push`.
            options: As of `push`, on top of those of the run.

        Raises:
            UnsupportedModel, CannotPush: It cannot be pushed.
        """
        merged = cast(PushOptions, {**self._options, **_without_metrics(options), "code": False})
        with self._guard:
            self._check_open()
            folder = self._spool.folder / f"model-{secrets.token_hex(4)}"
            plan = plan_push(self._transport, self.name, model, merged, folder)
            self._spool.write(plan_document(plan, folder), "plan.json")
            if self._model_folder is not None:
                shutil.rmtree(self._model_folder, ignore_errors=True)
            self._model_folder = folder

    def finish(self) -> Version:
        """End it well, and send it: the version that it became.

        Raises:
            Unreachable: The registry gave no answer; nothing is lost, `registry.recover_runs()` sends it later.
            RegistryError: It refuses something; the run stays among `registry.unfinished_runs()`.
        """
        self._end("finished", "")
        unfinished = UnfinishedRun(self._transport, self._spool.folder)
        try:
            self.version = unfinished.send()
        except ModelyardError as error:
            error.add_note(f"The run {self.id} is kept in {self._spool.folder}; registry.recover_runs() sends it.")
            raise
        return self.version

    def fail(self, reason: str) -> None:
        """End it as failed; what was logged stays among `registry.unfinished_runs()`."""
        self._end("failed", reason[:500])

    def _end(self, state: str, reason: str) -> None:
        with self._guard:
            self._check_open()
            self._is_over = True
            if self._lost:
                self._warn(f"{self._lost} lines could not be kept")
            record = self._spool.record
            self._spool.write({**record, "state": state, "error": reason, "ended": _now(), "lost": self._lost})
            self._spool.close()

    def _beginning(self) -> Document:
        options = self._options
        state, reason = git_state(Path.cwd()) if options.get("code", True) else (None, "not asked")
        git = {} if state is None else {"repository": state.repository, "commit": state.commit}
        more = {} if state is None else {"dirty": state.is_dirty, "branch": state.branch}
        kept = {name: options.get(name) for name in _KEPT}
        if isinstance(card := options.get("card"), Path):
            kept["card"] = text_of(card)
        return {
            "id": self.id, "model": self.name, "url": self._transport.server.url, "state": "running",
            "begun": _now(), "key": secrets.token_hex(16), "git": git, "git_more": more, "no_git": reason,
            "options": {name: dict(value) if isinstance(value, Mapping) else value for name, value in kept.items()},
        }  # fmt: skip

    def _place(self, name: str, dataset: str) -> tuple[str, str, str]:
        key = f"{name}\0{dataset}"
        if key not in self._places:
            self._places[key] = place_of(name, dataset)
        return self._places[key]

    def _point(self, place: tuple[str, str, str], value: float, step: int | None) -> list[Any]:
        at = self._next_step.get(place, 0) if step is None else step
        self._next_step[place] = max(at + 1, self._next_step.get(place, 0))
        if not math.isfinite(value):
            self._warn(f"{place[0]} is {value} at step {at}: the registry keeps finite numbers alone")
            return [*place, at, None]
        return [*place, at, value]

    def _keep(self, line: Document) -> None:
        """Training must not end because its log cannot be written: then it is counted, and told once."""
        self._points += len(line.get("points", ()))
        if self._points > MOST_POINTS:
            self._lost += 1
            self._warn(f"a run keeps {MOST_POINTS:,} values; the others are not kept")
            return
        try:
            self._spool.append(line)
        except OSError as error:
            self._lost += 1
            self._warn(f"values could not be kept: {error.strerror}")

    def _check_open(self) -> None:
        if self._is_over:
            raise CannotPush(f"the run {self.id} is over", hint="Begin another one.")

    def _warn(self, text: str) -> None:
        kind = text.partition(" at step ")[0]
        if kind not in self._warned:
            self._warned.add(kind)
            warnings.warn(text, RunWarning, stacklevel=4)


def _without_metrics(options: PushOptions) -> PushOptions:
    if options.get("metrics"):
        raise CannotPush("a run has the metrics that it logs", hint="Give them to run.log(...).")
    return options


def _now() -> float:
    return round(time.time(), 3)
