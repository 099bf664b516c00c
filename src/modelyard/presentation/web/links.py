"""The addresses of pages."""

from urllib.parse import quote, urlencode

from modelyard.presentation.http.routing import BASE


def model_link(model: str, **state: str) -> str:
    """A model's page."""
    return _with_query(f"/models/{quote(model, safe='')}", state)


def version_link(model: str, number: int, part: str = "", **state: str) -> str:
    """A version's page, or a part of it."""
    below = f"/{part}" if part else ""
    return _with_query(f"{model_link(model)}/versions/{number}{below}", state)


def file_link(model: str, number: int, path: str) -> str:
    """A file's preview."""
    return f"{version_link(model, number)}/files/{quote(path)}"


def download_link(model: str, number: int, path: str) -> str:
    """A file's bytes, from the API."""
    return f"{BASE}/models/{quote(model, safe='')}/versions/{number}/files/{quote(path)}"


def request_link(model: str, request_id: int, part: str = "") -> str:
    """A request for approval, or what is done to it."""
    below = f"/{part}" if part else ""
    return f"{model_link(model)}/requests/{request_id}{below}"


def search_link(q: str, **state: str) -> str:
    """A search."""
    return _with_query("/search", {"q": q, **state})


def _with_query(path: str, state: dict[str, str]) -> str:
    """What is empty is left out."""
    query = urlencode({name: value for name, value in state.items() if value})
    return f"{path}?{query}" if query else path
