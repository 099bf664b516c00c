"""The short way from a route to its endpoint, where the framework has nothing to resolve."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, cast, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.params import Query
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter
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
    options: Mapping[str, type[BaseModel]]
    """The model of all parameters of the query, where there is one."""

    def arguments(self, scope: Scope) -> _Arguments | None:
        """The arguments but for request and document.

        None where the framework has to look at them: a part of the path or of the query is refused, or a query holds
        parameters that stand in no model.
        """
        query: bytes = scope["query_string"]
        if query and self.defaults:
            return None
        parts = scope["path_params"]
        try:
            given = _parameters(query) if self.options else {}
            return {
                **self.defaults,
                **{name: adapter.validate_python(parts[name]) for name, adapter in self.path.items()},
                **{name: model.model_validate(given) for name, model in self.options.items()},
            }
        except ValueError:  # pydantic's errors, and those of decoding, are some
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
    options: dict[str, type[BaseModel]] = {}
    for name, parameter in inspect.signature(endpoint).parameters.items():
        if name in route.param_convertors:
            path[name] = TypeAdapter(hints[name])
        elif _is(hints[name], Request):
            request = name
        elif _is(hints[name], BaseModel):
            document = name
        elif isinstance(parameter.default, Query) and not parameter.default.is_required():
            defaults[name] = parameter.default.get_default(call_default_factory=True)
        elif (model := _options_of(hints[name])) is not None:
            options[name] = model
        else:
            return None
    return DirectCall(
        endpoint=endpoint, request=request, path=path, document=document, defaults=defaults, options=options
    )


def _options_of(hint: object) -> type[BaseModel] | None:
    """The model in `Annotated[Model, Query()]`, where each of its fields has one value."""
    model, *more = get_args(hint) if get_origin(hint) is Annotated else (None,)
    if not _is(model, BaseModel) or not any(isinstance(each, Query) for each in more):
        return None
    fields = cast("type[BaseModel]", model).model_fields.values()
    has_lists = any(get_origin(field.annotation) in {list, set, frozenset, tuple} for field in fields)
    return None if has_lists else cast("type[BaseModel]", model)


def _parameters(query: bytes) -> dict[str, str]:
    """As the framework reads them.

    Raises:
        ValueError: it cannot be read, or names one twice.
    """
    pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True)
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise ValueError("a parameter is given twice")
    return parameters


def _is(hint: object, kind: type) -> bool:
    return isinstance(hint, type) and issubclass(hint, kind)
