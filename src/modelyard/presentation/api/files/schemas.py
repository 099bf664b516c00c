"""What goes out for files."""

from modelyard.presentation.api.fields import ModelName, Output, VersionNumber
from modelyard.presentation.api.versions.schemas import FileRead


class FileList(Output):
    """The files of a version, by path."""

    model: ModelName
    number: VersionNumber
    items: list[FileRead]
