"""Why an answer cannot be had in a form that there is."""

from modelyard.domain.errors import RegistryError


class FormatUnavailable(RegistryError):
    """A form of the answer that needs an optional part, which is not installed."""

    code = "format-unavailable"
    title = "The answer cannot be had in this form here"


class DrawingUnavailable(RegistryError):
    """A picture was not drawn: it took too long, too many were waiting, or the drawing process ended."""

    code = "drawing-unavailable"
    title = "The picture could not be drawn now"
    default_hint = "Try again in a moment, or ask for format=vegalite, which needs no drawing."
