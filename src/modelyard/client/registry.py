"""A registry, as those who train and serve models see it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from modelyard.client.catalog import Catalog
from modelyard.client.push.options import PushOptions
from modelyard.client.records import Version
from modelyard.client.transfer.progress import Progress

if TYPE_CHECKING:  # imported by the methods that need them, so that a first request does not wait for them
    from modelyard.client.push.plan import PushPlan
    from modelyard.client.run import Run, UnfinishedRun


class Registry(Catalog):
    """All that a registry can do for its users; `connect` makes one. Threads may share it.

    Versions are named by references: `churn:7`, `churn:production`, `churn:latest`, `churn@champion`.
    """

    def pull(
        self,
        reference: str,
        folder: "Path | str | None" = None,
        *,
        paths: Sequence[str] | None = None,
        overwrite: bool = False,
        progress: Progress | None = None,
    ) -> Path:
        """Bring the files of a version to this machine, verified; what is in the cache already is not fetched again.

        Whatever breaks off goes on in the next call where it stopped, also after this process was killed.

        Args:
            reference: Which version; a model alone means its latest.
            folder: Where to put the files. They are yours to change. Without: a folder of the cache that has them; it
                is read-only, shared with others, and stays at least as long as this process runs.
            paths: Only these files: paths in the version, or patterns such as `weights/*.safetensors`.
            overwrite: Replace files in `folder` that are others than those of the version.
            progress: Hears of bytes as they come.

        Returns:
            The folder. The files are in it at their paths in the version.

        Raises:
            VersionNotFound, ModelNotFound, FileNotInVersion: There is none.
            WouldOverwrite: `folder` has other files in their places. Nothing was written.
            DamagedFile: The bytes that came are not those that were registered.
            UnsafePath: The registry names a path that is none.
            Offline: `MODELYARD_OFFLINE` is set, and not all of it is in the cache.
            Unreachable: Nothing has moved for as long as patience lasts.
            DiskFault: There is no space, or no permission.
        """
        from modelyard.client.cache.cache import Cache
        from modelyard.client.pulling import Pulling

        pulling = Pulling(self.transport, Cache.from_env())
        target = None if folder is None else Path(folder)
        return pulling.pull(pulling.resolve(reference), target, paths, progress, overwrite=overwrite)

    def push(
        self, name: str, model: object, *, progress: Progress | None = None, **options: Unpack[PushOptions]
    ) -> Version:
        """Register a version of a fitted model, a file or a folder; the model is made, if there is none of this name.

        What is not given is inferred: see `plan_push`, which shows it beforehand.

        Args:
            name: The model's name.
            model: An object that some flavour knows, or the path of a file or folder.
            progress: Hears of bytes on their way.
            options: See `PushOptions`.

        Raises:
            UnsupportedModel: No flavour knows it, or what the flavour needs is not installed.
            CannotPush: A value, file or folder cannot be registered.
            InvalidInput: The registry refuses a name or value.
        """
        return self.plan_push(name, model, **options).send(progress)

    def plan_push(self, name: str, model: object, **options: Unpack[PushOptions]) -> "PushPlan":
        """All that `push` would register, each value with where it came from. Nothing is sent before `plan.send()`.

        Raises:
            UnsupportedModel, CannotPush: As `push`.
        """
        from modelyard.client.push.planning import plan_push

        return plan_push(self.transport, name, model, options)

    def load(self, reference: str, *, trust: str | Iterable[str] = (), into: object = None) -> Any:  # noqa: ANN401
        """The model of a version, from verified bytes. No code of its maker runs, unless it is trusted.

        Its type is whatever was pushed, which the caller knows. Of plain files, and of versions that were registered
        without this client, it is the path.

        Args:
            reference: Such as `churn:production`.
            trust: `"pickle"` to trust whoever can push this model with this process; or full names of types.
            into: A class or object that takes the model, where its flavour knows how: a PyTorch module, for one.

        Raises:
            UntrustedFormat: Loading would run code that is not trusted.
            UnsupportedModel: Its flavour, or what that needs, is not installed.
            DamagedFile: The bytes are not those that were registered.
            VersionNotFound, ModelNotFound: There is none.
        """
        from modelyard.client.loading import load_folder

        return load_folder(self.pull(reference), trust, into)

    def run(self, name: str, **options: Unpack[PushOptions]) -> "Run":
        """Track a training run, which becomes a version of this model when it ends well. To be used by `with`.

        Args:
            name: The model's name.
            options: As of `push`, but for `metrics`, which are logged.
        """
        from modelyard.client.run import Run

        return Run(self.transport, name, options)

    def unfinished_runs(self) -> "list[UnfinishedRun]":
        """Runs on this machine that were to become versions of this registry: failed, killed, or not sent."""
        from modelyard.client.run import unfinished_runs

        return unfinished_runs(self.transport)

    def recover_runs(self) -> list[Version]:
        """Send the runs that ended well and could not be sent, as after a lost connection; the versions they became."""
        return [run.send() for run in self.unfinished_runs() if run.state == "finished"]
