"""The short way from a route to its endpoint, where the framework has nothing to resolve."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from fastapi import Request, Response
from fastapi.params import Query
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.types import Scope

from modelyard.presentation.http.strict_json import JsonRequest

_Arguments = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectCall:
    """How to call an endpoint that is a coroutine, takes what is listed here, and makes its own response.

    The framework opens exit stacks for dependencies, resolves them and serialises what comes back. Where there are no
    dependencies and the answer is a response already, all of that changes nothing and costs as much as the use case.
    """

    endpoint: Callable[..., Awaitable[Response]]
    request: str | None
    path: Mapping[str, TypeAdapter[Any]]
    document: str | None
    defaults: Mapping[str, object]
    """Parameters of the query, for requests that have none."""

    def arguments(self, scope: Scope) -> _Arguments | None:
        """The arguments but for request and document.

        None where the framework has to look at them: a part of the path is refused, or a query holds parameters.
        """
        if scope["query_string"] and self.defaults:
            return None
        parts = scope["path_params"]
        try:
            return {
                **self.defaults,
                **{name: adapter.validate_python(parts[name]) for name, adapter in self.path.items()},
            }
        except ValidationError:
            return None

    async def call(self, request: Request, arguments: _Arguments) -> Response:
        """Call the endpoint."""
        if self.request is not None:
            arguments[self.request] = request
        if self.document is not None and isinstance(request, JsonRequest):
            arguments[self.document] = request.document
        return await self.endpoint(**arguments)


def direct_call(route: APIRoute) -> DirectCall | None:
    """How to call the route's endpoint directly; None where it takes or gives something that needs the framework."""
    endpoint = route.endpoint
    hints = get_type_hints(endpoint, include_extras=True)
    if not inspect.iscoroutinefunction(endpoint) or not _is(hints.get("return"), Response) or route.dependencies:
        return None
    request = document = None
    path: dict[str, TypeAdapter[Any]] = {}
    defaults: dict[str, object] = {}
    for name, parameter in inspect.signature(endpoint).parameters.items():
        if name in route.param_convertors:
            path[name] = TypeAdapter(hints[name])
        elif _is(hints[name], Request):
            request = name
        elif _is(hints[name], BaseModel):
            document = name
        elif isinstance(parameter.default, Query) and not parameter.default.is_required():
            defaults[name] = parameter.default.get_default(call_default_factory=True)
        else:
            return None
    return DirectCall(endpoint=endpoint, request=request, path=path, document=document, defaults=defaults)


def _is(hint: object, kind: type) -> bool:
    return isinstance(hint, type) and issubclass(hint, kind)
