"""A token's secret, on the one page that shows it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretView:
    """What is shown once."""

    name: str
    account: str
    secret: str = field(repr=False)
    target: str
