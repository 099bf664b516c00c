"""Who acts."""

from dataclasses import dataclass

from modelyard.domain.names import check_key


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or program, by the name that stands in every event it causes."""

    name: str

    @classmethod
    def named(cls, name: str, pointer: str) -> "Principal":
        """Take a name that a caller gave: one visible line of at most 250 characters."""
        return cls(check_key(name, pointer))


ANONYMOUS = Principal("anonymous")
"""Whoever did not say who they are."""
