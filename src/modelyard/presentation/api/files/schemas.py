"""What is asked of files, and what goes out for them."""

from collections.abc import Sequence
from enum import StrEnum

from pydantic import BaseModel, Field

from modelyard.application.ports.versions import StoredFile
from modelyard.domain.errors import FileNotInVersion
from modelyard.domain.json_value import MAX_INTEGER
from modelyard.presentation.api.fields import ModelName, Output, VersionNumber
from modelyard.presentation.api.versions.schemas import FileRead


class FileList(Output):
    """The files of a version, by path."""

    model: ModelName
    number: VersionNumber
    items: list[FileRead]


class ArchiveFormat(StrEnum):
    """The kind of an archive."""

    ZIP = "zip"
    TAR = "tar"


class ArchiveParameters(BaseModel):
    """Which archive, and of which files."""

    format: ArchiveFormat = ArchiveFormat.ZIP
    after: str | None = Field(
        default=None,
        description="Only files that follow this one in the list of files: to go on with an archive that broke off",
        examples=["model.joblib"],
        min_length=1,
        json_schema_extra={"format": "file-path"},
    )
    max_file_bytes: int | None = Field(
        default=None,
        description="Only files of at most so many bytes: larger ones are better fetched by ranges",
        examples=[1048576],
        ge=0,
        le=MAX_INTEGER,
    )

    def of(self, files: Sequence[StoredFile]) -> Sequence[StoredFile]:
        """The files that are wanted, in their order.

        Raises:
            FileNotInVersion: the one that they should follow is none of them.
        """
        first = 0
        if self.after is not None:
            places = [place for place, stored in enumerate(files) if stored.file.path == self.after]
            if not places:
                raise FileNotInVersion(f"the version has no file {self.after[:200]!r}")
            first = places[0] + 1
        limit = self.max_file_bytes
        return [stored for stored in files[first:] if limit is None or stored.file.size_bytes <= limit]
