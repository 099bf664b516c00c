"""One model, to work with."""

from collections.abc import Iterator

from modelyard.client.answers import Document
from modelyard.client.records import RegisteredModel, Version
from modelyard.client.reference import Reference, model_path
from modelyard.client.transport import Transport


class Model:
    """A model by name. A version is given by its record, its number, a stage, `latest` or `@alias`."""

    def __init__(self, transport: Transport, name: str) -> None:
        self.name = name
        self._transport = transport

    def read(self) -> RegisteredModel:
        """What the registry says of it now.

        Raises:
            ModelNotFound: There is none of this name.
        """
        return RegisteredModel.of(self._transport.get(model_path(self.name)))

    def version(self, version: "Version | int | str") -> Version:
        """One of its versions.

        Raises:
            VersionNotFound, ModelNotFound: There is none.
        """
        return Version.of(self._transport.get(self._place(version)))

    def versions(self, query: str = "", *, sort: str | None = None, limit: int | None = None) -> Iterator[Version]:
        """Those that a query finds, the newest first unless sorted otherwise."""
        path = f"{model_path(self.name)}/versions"
        return map(Version.of, self._transport.items(path, {"q": query or None, "sort": sort}, limit))

    def promote(
        self,
        version: "Version | int | str",
        to_stage: str,
        *,
        reason: str = "",
        from_stage: str | None = None,
        dry_run: bool = False,
    ) -> Document:
        """Bring a version to another stage; the answer holds the checklist of gates, and what was archived.

        Args:
            version: Which one.
            to_stage: `staging`, `production`, `archived` or `draft`.
            reason: Why; it stands in the history.
            from_stage: The stage that it is expected to leave, so that two people cannot race.
            dry_run: Only tell what would be.

        Raises:
            GateFailed: A gate does not pass; its `details["gates"]` say which.
            ApprovalRequired: Others have to agree: `request` asks them.
            StageConflict: It is not in `from_stage`.
        """
        change = {"to_stage": to_stage, "reason": reason, **({"from_stage": from_stage} if from_stage else {})}
        query = {"dry_run": True} if dry_run else None
        return self._transport.post(f"{self._place(version)}/transitions", change, query)

    def _place(self, version: "Version | int | str") -> str:
        ref = str(version.number) if isinstance(version, Version) else str(version)
        return Reference(self.name, ref).path
