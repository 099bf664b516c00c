"""What `restore` and `copy` say of the registry that they filled, after they have proved it."""

import json

from modelyard.application.services.moving import MoveReport
from modelyard.application.services.verification import Scope, Verification, VerificationReport
from modelyard.bootstrap.commands.progress import carried_document, carried_text, damage_document, damage_text
from modelyard.bootstrap.commands.verify import finding_document, finding_text
from modelyard.bootstrap.settings import Settings

UNFILLED = (
    "No registry was made, and nobody serves the database as it is. Run the command again when the files are mended, "
    "or with --accept-damage to go on without them."
)


async def proof_of(settings: Settings, sample: int | None) -> VerificationReport:
    """Hold manifests, histories, and presence and size of all files against each other; read `sample` files, or all."""
    from modelyard.bootstrap.commands.registry import opened_registry

    async with opened_registry(settings) as context:
        verification = Verification(context.database, context.blob_store)
        return await verification.run(Scope(sample_count=sample, has_events=True))


def moved_text(report: MoveReport, proof: VerificationReport | None) -> str:
    """The outcome for people, without its last line."""
    lines = [damage_text(one) for one in report.damaged]
    lines.append(f"{carried_text(report.carried)}; {sum(table.count for table in report.tables.values())} rows.")
    if proof is None:
        return "\n".join([*lines, UNFILLED])
    lines += [finding_text(finding) for finding in proof.findings]
    wrong = f"{len(proof.findings)} things are wrong" if proof.findings else "nothing is wrong"
    lines.append(
        f"Proved {proof.version_count} versions, {proof.event_count} events and {proof.file_count} files, "
        f"{proof.read_count} of them read once more: {wrong}."
    )
    return "\n".join(lines)


def moved_json(report: MoveReport, proof: VerificationReport | None, **more: object) -> str:
    """The outcome for programs."""
    return json.dumps(
        {
            "is_filled": report.is_filled,
            "last_event": report.last_event,
            "tables": {name: table.count for name, table in report.tables.items()},
            "files": carried_document(report.carried),
            "damaged": [damage_document(one) for one in report.damaged],
            "findings": [finding_document(finding) for finding in proof.findings] if proof else [],
            **more,
        }
    )
