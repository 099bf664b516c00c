"""The one class of all API routes: what each does before and after its endpoint runs."""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, cast, get_origin
from urllib.parse import unquote_to_bytes

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.routing import Match
from starlette.types import Message, Receive, Scope, Send

from modelyard.domain.access_errors import Unauthenticated
from modelyard.domain.errors import FieldError, InvalidInput, Malformed
from modelyard.domain.permission import Permission
from modelyard.presentation.http.access import admit
from modelyard.presentation.http.context import Context, context_of
from modelyard.presentation.http.direct_call import direct_call
from modelyard.presentation.http.strict_json import JsonRequest, decoded, parse_json, read_bounded, require_json
from modelyard.presentation.http.validation import nearest, validated

BASE = "/api/v1"
"""Where the API begins."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class RegistryRoute(APIRoute):
    """Refuses unknown parameters and addresses that are not text, reads JSON bodies strictly, and answers HEAD as GET.

    A route that has its own HEAD beside its GET stands before it.
    """

    takes_any_parameter = False
    """Whether others decide which parameters an address has."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._known = dict(_query_names(self))
        self._schema = cast("type[BaseModel]", self.body_field.field_info.annotation) if self.body_field else None
        self._direct = direct_call(self)
        # What names no permission is for administrators alone; a test refuses such routes in the API.
        self._permission = Permission((self.openapi_extra or {}).get("x-permission", Permission.ACCESS_EDIT))

    def get_route_handler(self) -> Handler:
        """Wrap the endpoint's handler."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await handler(await self._checked(request))

        return handle

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Take HEAD where GET is taken (RFC 9110, section 9.1)."""
        match, child_scope = super().matches(scope)
        is_head_of_get = match is Match.PARTIAL and scope["method"] == "HEAD" and self.methods == {"GET"}
        return (Match.FULL if is_head_of_get else match), child_scope

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve HEAD by the endpoint of GET; what the endpoint does for the body's sake, it can see in `is_head`."""
        if scope["method"] != "HEAD" or self.methods != {"GET"}:
            if not await self._answer_directly(scope, receive, send):
                await super().handle(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            await send(message if message["type"] == "http.response.start" else {**message, "body": b""})

        # A copy, since the server looks into its own whether a body is due.
        state = {**scope.get("state", {}), "is_head": True}
        await super().handle({**scope, "method": "GET", "state": state}, receive, send_head)

    async def _answer_directly(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answer past the framework; False where it has to look at the request, which is untouched then."""
        if self._direct is None or scope["method"] not in (self.methods or ()):
            return False
        arguments = self._direct.arguments(scope)
        if arguments is None:
            return False
        response = await self._direct.call(await self._checked(Request(scope, receive, send)), arguments)
        await response(scope, receive, send)
        return True

    async def _checked(self, request: Request) -> Request:
        """The request of somebody who may make it, with its document where it has to have one."""
        _require_text(request.scope)
        context: Context | None = getattr(request.app.state, "context", None)
        if context is None:
            raise Unauthenticated("the application is around no registry, so that nobody could be let in")
        if context.admissions is not None:
            await admit(request, context, context.admissions, self._permission)
        if request.scope["query_string"] and not self.takes_any_parameter:
            _refuse_unknown(request, self._known)
        return request if self._schema is None else await _with_document(request, self._schema)


def registry_router(tag: str, prefix: str = BASE) -> APIRouter:
    """A router for the routes of one noun; the name of a function is the id of its operation."""
    return APIRouter(
        prefix=prefix, tags=[tag], route_class=RegistryRoute, generate_unique_id_function=lambda route: route.name
    )


def is_head(request: Request) -> bool:
    """Whether nobody wants the body of the answer."""
    return request.method == "HEAD" or getattr(request.state, "is_head", False)


async def _with_document(request: Request, schema: type[BaseModel]) -> JsonRequest:
    require_json(request)
    body = await read_bounded(request, context_of(request).max_json_bytes)
    document = await decoded(body, lambda encoded: validated(schema, parse_json(encoded)))
    return JsonRequest(request, body, document)


def _query_names(route: APIRoute) -> Iterable[tuple[str, bool]]:
    """The parameters of the query, and whether each may be given several times."""
    for parameter in route.dependant.query_params:
        annotation = parameter.field_info.annotation
        fields = getattr(annotation, "model_fields", None)
        if fields is None:
            yield parameter.alias, get_origin(annotation) is list
        else:
            yield from ((field.alias or name, get_origin(field.annotation) is list) for name, field in fields.items())


def _require_text(scope: Scope) -> None:
    """Refuse what a decoder would replace or cut: bytes that are not UTF-8, and NUL.

    Raises:
        Malformed: the path or the query.
    """
    for part, encoded in (("address", scope["raw_path"]), ("query", scope["query_string"])):
        if not encoded.isascii():
            raise Malformed(f"the {part} is not percent-encoded", hint="Percent-encode it from UTF-8.")
        if b"%" not in encoded:
            continue
        decoded = unquote_to_bytes(encoded)
        if b"\0" in decoded:
            raise Malformed(f"the {part} holds NUL (%00)")
        try:
            decoded.decode()
        except UnicodeDecodeError as error:
            raise Malformed(f"the {part} is not UTF-8", hint="Percent-encode it from UTF-8.") from error


def _refuse_unknown(request: Request, known: Mapping[str, bool]) -> None:
    seen: set[str] = set()
    for name, _ in request.query_params.multi_items():
        message = ""
        if name not in known:
            message = f"is no parameter of this address. {nearest(name, list(known), 'no parameters')}"
        elif name in seen and not known[name]:
            message = "is given twice"
        if message:
            faults = [FieldError(pointer=name[:100], message=message)]
            raise InvalidInput(f"{name[:100]!r} {message}", errors=faults)
        seen.add(name)
