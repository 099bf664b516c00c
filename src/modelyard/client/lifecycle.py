"""Stages of versions: promoting, archiving, rolling back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from modelyard.client.answers import Document
from modelyard.client.model_part import ModelPart, VersionName
from modelyard.client.records import Version, told


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A condition of the policy as it was evaluated: `values` is what it saw, `notes` what it did not find."""

    name: str
    expression: str
    passed: bool
    values: Mapping[str, Any]
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """All that the policy asks of a step, and what of it is there. `request` is the open request for it."""

    passed: bool
    gates: Sequence[Gate]
    approvals_needed: int
    approvals_given: int
    request: int | None

    @classmethod
    def of(cls, document: Document) -> "Checklist":
        """From the API's `ChecklistRead`."""
        return cls(**told(cls, document) | {"gates": gates_of(document)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A change of stage, made or (by a dry run) planned; `archived` are the versions that left the stage for it."""

    version: Version
    from_stage: str
    to_stage: str
    step: str
    archived: Sequence[int]
    reason: str
    checklist: Checklist
    document: Document = field(repr=False, compare=False)

    @classmethod
    def of(cls, document: Document) -> "Transition":
        """From the API's `TransitionRead`."""
        held = {"version": Version.of(document["version"]), "checklist": Checklist.of(document)}
        return cls(**told(cls, document) | held, document=document)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastTransition:
    """A change of stage as history tells it; `sequence` is that of its event."""

    sequence: int
    at: datetime
    actor: str
    from_stage: str
    to_stage: str
    reason: str
    document: Document = field(repr=False, compare=False)

    @classmethod
    def of(cls, document: Document) -> "PastTransition":
        """From the API's `PastTransition`."""
        return cls(**told(cls, document), document=document)


def gates_of(document: Document) -> tuple[Gate, ...]:
    """The gates that a document lists, an error's too."""
    return tuple(Gate(**told(Gate, one)) for one in document["gates"])


class Lifecycle(ModelPart):
    """The stages of a model's versions: draft, staging, production, archived."""

    def promote(
        self,
        version: VersionName,
        to_stage: str,
        *,
        reason: str = "",
        from_stage: str | None = None,
        dry_run: bool = False,
    ) -> Transition:
        """Bring a version to another stage, in whichever direction; the answer tells the gates and what was archived.

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
            TransitionRefused: There is no such step, or the policy does not allow it.
        """
        change = {"to_stage": to_stage, "reason": reason, **({"from_stage": from_stage} if from_stage else {})}
        query = {"dry_run": True} if dry_run else None
        return Transition.of(self._transport.post(f"{self._place(version)}/transitions", change, query))

    def archive(self, version: VersionName, *, reason: str = "") -> Transition:
        """Take a version out of use, from whichever stage."""
        return self.promote(version, "archived", reason=reason)

    def demote(self, version: VersionName, to_stage: str, *, reason: str = "") -> Transition:
        """From production to staging, or from staging to draft."""
        return self.promote(version, to_stage, reason=reason)

    def restore(self, version: VersionName, to_stage: str = "draft", *, reason: str = "") -> Transition:
        """From the archive to `draft` or `staging`.

        Raises:
            StageConflict: It is not archived.
        """
        return self.promote(version, to_stage, reason=reason, from_stage="archived")

    def rollback(self, *, to_version: VersionName | None = None, reason: str = "", dry_run: bool = False) -> Transition:
        """Put the version back into production that was there before, or a named one that was there once.

        Raises:
            NothingToRollBackTo: No other version was there, or the named one never was.
        """
        change: Document = {"reason": reason}
        if to_version is not None:
            change["to_version"] = self._number(to_version)
        query = {"dry_run": True} if dry_run else None
        return Transition.of(self._transport.post(f"{self._home}/rollback", change, query))

    def transitions(self, version: VersionName, *, limit: int | None = None) -> Iterator[PastTransition]:
        """The steps that a version has made, the newest first."""
        return map(PastTransition.of, self._transport.items(f"{self._place(version)}/transitions", limit=limit))
