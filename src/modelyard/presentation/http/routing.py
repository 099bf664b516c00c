"""The one class of all API routes: what each does before its endpoint runs."""

import difflib
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from modelyard.domain.errors import FieldError, InvalidInput, Malformed
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.strict_json import JsonRequest, read_bounded, require_json

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class RegistryRoute(APIRoute):
    """Refuses unknown query parameters and NUL in addresses, and reads JSON bodies strictly."""

    def get_route_handler(self) -> Handler:
        """Wrap the endpoint's handler."""
        handler = super().get_route_handler()
        known = tuple(_query_names(self))
        takes_json = self.body_field is not None

        async def handle(request: Request) -> Response:
            if "\0" in request.scope["path"]:
                raise Malformed("the address holds NUL (%00)")
            if request.scope["query_string"]:
                _refuse_unknown(request, known)
            if takes_json:
                require_json(request)
                body = await read_bounded(request, context_of(request).max_json_bytes)
                request = JsonRequest(request, body)
            return await handler(request)

        return handle


def _query_names(route: APIRoute) -> Iterable[str]:
    for parameter in route.dependant.query_params:
        fields = getattr(parameter.field_info.annotation, "model_fields", None)
        if fields is None:
            yield parameter.alias
        else:
            yield from (field.alias or name for name, field in fields.items())


def _refuse_unknown(request: Request, known: tuple[str, ...]) -> None:
    for name, value in request.query_params.multi_items():
        if "\0" in value:
            raise Malformed(f"the parameter {name[:100]!r} holds NUL (%00)")
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {nearest[0]!r}?" if nearest else f"It takes {', '.join(known) or 'no parameters'}."
            message = "is no parameter of this address"
            raise InvalidInput(
                f"{name[:100]!r} {message}", hint=hint, errors=[FieldError(pointer=name, message=message)]
            )
