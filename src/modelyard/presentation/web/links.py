"""The addresses of pages."""

from urllib.parse import quote, urlencode


def model_link(model: str) -> str:
    """A model's page."""
    return f"/models/{quote(model, safe='')}"


def version_link(model: str, number: int) -> str:
    """A version's page."""
    return f"{model_link(model)}/versions/{number}"


def search_link(q: str, **state: str) -> str:
    """A search; what is empty is left out."""
    given = {"q": q, **state}
    query = urlencode({name: value for name, value in given.items() if value})
    return f"/search?{query}" if query else "/search"
