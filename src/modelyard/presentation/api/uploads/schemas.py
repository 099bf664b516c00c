"""What goes in and out for uploads."""

from pydantic import Field

from modelyard.presentation.api.fields import DigestText, Input, Moment, Output, SizeBytes


class DigestsWanted(Input):
    """Digests that a client has files for."""

    digests: list[DigestText] = Field(max_length=20_000)


class DigestsMissing(Output):
    """Those of them that have to be sent."""

    missing: list[DigestText]


class UploadCreate(Input):
    """A resumable upload of a known size."""

    size_bytes: SizeBytes
    digest: DigestText | None = Field(default=None, description="If it is known already; held against the bytes")


class UploadRead(Output):
    """An upload under way."""

    id: str = Field(examples=["nXv0Yq3mZ0e5hTgW1uKc8sRpLd2aFb7i"])
    size_bytes: SizeBytes
    digest: DigestText | None
    offset_bytes: SizeBytes = Field(description="Bytes that are stored durably", examples=[0])
    created_at: Moment
    expires_at: Moment = Field(examples=["2026-02-07T12:00:00.000Z"])


class BlobRead(Output):
    """Stored bytes."""

    digest: DigestText
    size_bytes: SizeBytes


class BlobList(Output):
    """Stored bytes of several files, in the order in which they came."""

    items: list[BlobRead]
