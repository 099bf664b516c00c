"""The state of a model's page, which its address holds, and the links that change one part of it."""

import csv
import io
from dataclasses import dataclass, replace

from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.presentation.web.links import model_link

MAX_COLUMNS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelState:
    """What is shown of a model. `columns` are metrics; None where nobody has chosen any."""

    sort: str = ""
    cursor: str = ""
    metric: str = ""
    columns: tuple[str, ...] | None = None

    def link(self, model: str) -> str:
        """The address of the page in this state."""
        columns = "" if self.columns is None else column_text(self.columns)
        state = {"sort": self.sort, "cursor": self.cursor, "metric": self.metric}
        return model_link(model, **state, columns=columns)

    def sorted_by(self, field: str) -> str:
        """The order after a click on a column: the greatest first, then the smallest."""
        return field if self.sort == f"-{field}" else f"-{field}"

    def with_column(self, shown: tuple[str, ...], name: str) -> "ModelState":
        """A column more, or one less."""
        kept = tuple(each for each in shown if each != name)
        return replace(self, columns=kept if name in shown else (*shown, name), cursor="")


def column_text(columns: tuple[str, ...]) -> str:
    """Names on one line of CSV; `-` for none."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(columns or ("-",))
    return text.getvalue()


def columns_in(text: str) -> tuple[str, ...] | None:
    """What `column_text` has written; None where nothing was.

    Raises:
        InvalidInput: it is no line of CSV, or too long.
    """
    if not text:
        return None
    try:
        [names] = csv.reader([text], strict=True)
    except (csv.Error, ValueError) as error:
        raise _refused("are one line of CSV") from error
    columns = tuple(dict.fromkeys(name for name in names if name != "-"))
    if len(columns) > MAX_COLUMNS:
        raise _refused(f"are at most {MAX_COLUMNS}")
    return columns


def _refused(message: str) -> InvalidInput:
    return InvalidInput(f"columns {message}", errors=[FieldError(pointer="columns", message=message)])
