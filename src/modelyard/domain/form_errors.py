"""Why an answer cannot be had in a form that there is."""

from modelyard.domain.errors import RegistryError


class FormatUnavailable(RegistryError):
    """A form of the answer that needs an optional part, which is not installed."""

    code = "format-unavailable"
    title = "The answer cannot be had in this form here"
