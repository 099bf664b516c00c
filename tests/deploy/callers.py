"""Those who call the stack: through the proxy, as everybody does, or past it, as only its own network can."""

import ssl
from http.cookies import SimpleCookie

import httpx

from tests.deploy.proxy import certificate_of
from tests.deploy.stack import Stack

CALLER = "127.0.0.1"
PASSWORD = "seven green bicycles"
_PATIENCE_SECONDS = 60.0


def through_proxy(stack: Stack, token: str = "", *, address: str = CALLER) -> httpx.Client:
    """Somebody at this address, who trusts the proxy's certificate and nothing else."""
    context = ssl.create_default_context(cafile=str(certificate_of(stack)))
    return _client(f"https://127.0.0.1:{stack.placed('8443')}", token, address, context)


def past_proxy(stack: Stack, server: str, token: str = "", *, address: str = CALLER) -> httpx.Client:
    """Somebody who speaks to a server itself."""
    return _client(stack.url_of(server), token, address, ssl.create_default_context())


def _client(url: str, token: str, address: str, context: ssl.SSLContext) -> httpx.Client:
    return httpx.Client(
        base_url=url,
        headers={"Authorization": f"Bearer {token}"} if token else {},
        transport=httpx.HTTPTransport(verify=context, local_address=address),
        timeout=_PATIENCE_SECONDS,
    )


def sign_in(browser: httpx.Client, account: str, **headers: str) -> SimpleCookie:
    """Fill in the form; the cookies that the browser is told to keep."""
    form = {"account": account, "password": PASSWORD}
    answer = browser.post("/sign-in", data=form, headers={"Sec-Fetch-Site": "same-origin", **headers})
    assert answer.status_code == 303, answer.text
    return SimpleCookie("; ".join(answer.headers.get_list("set-cookie")))
