"""Who calls, and whether they may: asked of every request before its endpoint runs."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from fastapi import Request

from modelyard.application.ports.database import Transaction
from modelyard.application.services.admissions import Admissions
from modelyard.application.services.authenticating import Admission
from modelyard.application.services.limiting import Limits
from modelyard.domain.access.grant import Grant, Subject, SubjectKind
from modelyard.domain.access.role import Role
from modelyard.domain.access.standing import ALL_VISIBLE, EVERYTHING, Standing, Visibility
from modelyard.domain.access_errors import PermissionDenied, Unauthenticated
from modelyard.domain.errors import Malformed, NotFound
from modelyard.domain.permission import Permission
from modelyard.domain.registered_model import no_model
from modelyard.presentation.http.context import (
    DATABASE_STATE,
    STANDING,
    Context,
    admissions_of,
    context_of,
    principal_of,
)
from modelyard.presentation.http.rates import address_of, count_account
from modelyard.presentation.http.same_origin import require_page
from modelyard.presentation.http.session_cookie import session_of

P = ParamSpec("P")
R = TypeVar("R")

_SCHEME = b"bearer "


async def admit(request: Request, context: Context, admissions: Admissions, permission: Permission) -> None:
    """Let a request in, or not; who makes it is remembered with it.

    A model that the caller may not see is not found, whether it is there or not: neither the answer nor its time tells.

    Raises:
        Unauthenticated: nobody can tell who calls.
        ModelNotFound: the caller may not see the model that the address names.
        PermissionDenied: the caller may see it, but not do this.
        TooManyRequests: the caller calls too often, or their address has sent too many wrong tokens.
    """
    if permission is Permission.OPERATE:
        return
    admission, state = await _admission_of(request, admissions, context.limits)
    standing = admission.standing
    request.scope.setdefault("state", {}).update({STANDING: standing, DATABASE_STATE: state})
    if context.limits.of_account is not None:
        await count_account(request, context.limits, standing.principal.name)
    model = request.scope["path_params"].get("model")
    if model is None:
        if not standing.allows_anywhere(permission):
            raise denied(permission)
    else:
        _require(standing, permission, model)


def require(request: Request, permission: Permission, model: str) -> None:
    """Ask for a right that depends on more than the address.

    Raises:
        ModelNotFound: the caller may not see the model.
        PermissionDenied: the caller may see it, but not do this.
    """
    standing = standing_of(request)
    if standing is not None:
        _require(standing, permission, model)


def may(request: Request, permission: Permission, model: str) -> bool:
    """Whether the caller may do this to a model."""
    standing = standing_of(request)
    return standing is None or standing.allows(permission, model)


def standing_of(request: Request) -> Standing | None:
    """What the caller may do; None where the registry asks nobody who they are, so that everybody may do everything."""
    standing: Standing | None = request.scope.get("state", {}).get(STANDING)
    return standing


def acting(request: Request) -> Standing:
    """What the caller may do; everything where the registry asks nobody who they are."""
    standing = standing_of(request)
    if standing is not None:
        return standing
    principal = principal_of(request)
    subject = Subject(kind=SubjectKind.ACCOUNT, name=principal.name)
    return Standing(principal=principal, grants=[Grant(subject=subject, models=EVERYTHING, role=Role.ADMIN)])


def visibility_of(request: Request) -> Visibility:
    """Which models the caller may see."""
    standing = standing_of(request)
    return ALL_VISIBLE if standing is None else standing.visibility


async def scan_seen(
    request: Request, query: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs
) -> R:
    """Run a search that finds only what the caller may see."""
    visible = visibility_of(request)
    return await context_of(request).database.scan(lambda tx: query(tx.seen_by(visible), *args, **kwargs))


async def is_still_admitted(request: Request) -> bool:
    """Whether the caller may do now what they could when the request began; for answers that go on for long."""
    admissions, standing = context_of(request).admissions, standing_of(request)
    if admissions is None or standing is None:
        return True
    try:
        secret, is_cookie = _secret_of(request)
        admission, _ = await admissions.of_token(secret, is_cookie=is_cookie)
    except Unauthenticated:
        return False
    return admission.standing == standing


def require_accounts(request: Request) -> None:
    """Refuse what is about getting tokens where nobody needs one.

    Raises:
        NotFound: the registry asks nobody who they are.
    """
    if admissions_of(request) is None:
        raise NotFound("this registry asks nobody who they are, and has no tokens to give", hint="Call it without one.")


def denied(permission: Permission) -> PermissionDenied:
    """The refusal."""
    return PermissionDenied(f"this needs the right {permission}", details={"permission": permission.value})


async def _admission_of(request: Request, admissions: Admissions, limits: Limits) -> tuple[Admission, object | None]:
    """What the token gives; a wrong one counts as a failure of its address, and one that is right never does.

    So nobody is kept out by what others behind the same address try; tokens have too many bits to be guessed.
    """
    secret, is_cookie = _secret_of(request)
    try:
        return await admissions.of_token(secret, is_cookie=is_cookie)
    except Unauthenticated:
        await limits.count_wrong_token(address_of(request.scope))
        raise


def _require(standing: Standing, permission: Permission, model: str) -> None:
    if not standing.allows(permission, model):
        if permission is not Permission.MODELS_READ and standing.allows(Permission.MODELS_READ, model):
            raise denied(permission)
        raise no_model(model)


def _secret_of(request: Request) -> tuple[str, bool]:
    """The token in `Authorization: Bearer …`; without that header, a browser's cookie; and whether it is the latter.

    Raises:
        Unauthenticated: there is neither.
        Malformed: there are several tokens.
        ForeignOrigin: a cookie comes with a change, and nothing says which page asks for it.
    """
    given = [value for name, value in request.scope["headers"] if name == b"authorization"]
    if len(given) > 1:
        raise Malformed("the header Authorization is given twice")
    if given:
        if given[0][: len(_SCHEME)].lower() != _SCHEME:
            raise Unauthenticated("no token was sent")
        return given[0][len(_SCHEME) :].decode("latin-1").strip(), False
    session = session_of(request)
    if session is None:
        raise Unauthenticated("no token was sent")
    require_page(request)
    return session, True
