"""What goes out for files."""

from pydantic import Field

from modelyard.presentation.api.fields import ModelName, Output
from modelyard.presentation.api.versions.schemas import FileRead


class FileList(Output):
    """The files of a version, by path."""

    model: ModelName
    number: int = Field(examples=[4])
    items: list[FileRead]
