"""What goes in and out for proofs of history."""

from pydantic import BaseModel, ConfigDict, Field

from modelyard.application.services.histories import Proof
from modelyard.domain.json_value import MAX_INTEGER
from modelyard.presentation.api.fields import DigestText, ModelName, Output


class ProofParameters(BaseModel):
    """What the caller knows of the chain."""

    model_config = ConfigDict(extra="forbid")

    position: int | None = Field(default=None, ge=1, le=MAX_INTEGER, description="Of an event that the caller noted")
    hash: DigestText | None = Field(default=None, description="Its hash")


class HeadRead(Output):
    """The last event of a chain. Note it elsewhere: then what is cut off or rewritten shows."""

    position: int = Field(examples=[5])
    hash: DigestText


class ProofRead(Output):
    """The chain of a model, walked."""

    model: ModelName
    chain: int = Field(description="The model's `model_id`", examples=[3])
    is_whole: bool
    checked: int = Field(description="How many events were walked", examples=[5])
    head: HeadRead | None = Field(description="The last event up to which it is whole")
    fault: str | None = Field(description="The first broken link", examples=["event 17 was changed: …"])

    @classmethod
    def of(cls, proof: Proof) -> "ProofRead":
        """Read it from the application's."""
        return cls(
            model=proof.model,
            chain=proof.chain,
            is_whole=not proof.fault,
            checked=proof.count,
            head=HeadRead.model_validate(proof.head) if proof.head else None,
            fault=proof.fault or None,
        )
