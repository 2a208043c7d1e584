"""Who is signed in at the console on AWS: the sign-in page of the user pool, and the cookie that no script reads.

GET /session             who is signed in, as the token says; the API checks the token itself at every call
GET /session/sign-in     to the pool's sign-in page (authorization code, PKCE, state)
GET /session/callback    back from it: the code is exchanged, and the token becomes the cookie
DELETE /session          signed out here, and at the pool

Only CloudFront may call it; console/edge/edge.js names the host, and refuses what another site asks for.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Exchange = Callable[[str, dict[str, str]], dict[str, Any]]
    Response = dict[str, Any]

SESSION, SIGNING_IN = "__Host-billproof", "__Host-billproof-sign-in"
SIGN_IN_SECONDS = 600
EXCHANGE_SECONDS = 10
NO_STORE = {"cache-control": "no-store"}


def handler(event: dict[str, Any], _context: Any, exchange: Exchange | None = None) -> Response:
    """Answer a call of CloudFront (payload format 2.0)."""
    http = event["requestContext"]["http"]
    route = f"{http['method']} {http['path']}"
    cookies = dict(cookie.split("=", 1) for cookie in event.get("cookies", ()) if "=" in cookie)
    host = event["headers"].get("x-billproof-host", "")
    if route == "GET /session":
        return _answer(_shown(cookies.get(SESSION, "")))
    if route == "DELETE /session":
        return _signed_out(host)
    if route == "GET /session/sign-in":
        return _to_sign_in(host)
    if route == "GET /session/callback":
        return _back(event.get("queryStringParameters") or {}, cookies, host, exchange or _exchanged)
    return _answer({"code": "no_such_route", "detail": "there is no such route"}, HTTPStatus.NOT_FOUND)


def _shown(token: str) -> dict[str, Any]:
    """Say who is signed in. What the token claims is not believed for anything but the page's greeting."""
    claims = _claims(token)
    is_valid = float(claims.get("exp", 0)) > time.time()
    name = str(claims.get("email") or claims.get("sub")) if is_valid else None
    return {"signed_in": is_valid, "name": name, "by": "provider", "people": []}


def _claims(token: str) -> dict[str, Any]:
    try:
        body = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _callback(host: str) -> str:
    return f"https://{host}/session/callback"


def _to_sign_in(host: str) -> Response:
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": os.environ["CLIENT_ID"],
        "redirect_uri": _callback(host),
        "scope": "openid email",
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    # Lax: the sign-in page is another site, and a Strict cookie would not come back from it
    cookie = f"{SIGNING_IN}={state}.{verifier}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={SIGN_IN_SECONDS}"
    return _moved(f"{os.environ['SIGN_IN_URL']}/oauth2/authorize?{urllib.parse.urlencode(query)}", cookie)


def _back(query: dict[str, str], cookies: dict[str, str], host: str, exchange: Exchange) -> Response:
    """Exchange the code for a token; whatever is not as this began it ends at the first page, signed out."""
    state, _, verifier = cookies.get(SIGNING_IN, "").partition(".")
    over = f"{SIGNING_IN}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"
    is_ours = bool(state) and hmac.compare_digest(query.get("state", "").encode(), state.encode())
    if not is_ours or "code" not in query:
        return _moved(f"https://{host}/", over)
    form = {
        "grant_type": "authorization_code",
        "client_id": os.environ["CLIENT_ID"],
        "code": query["code"],
        "redirect_uri": _callback(host),
        "code_verifier": verifier,
    }
    answer = exchange(f"{os.environ['SIGN_IN_URL']}/oauth2/token", form)
    token = str(answer.get("id_token", ""))
    seconds = int(float(_claims(token).get("exp", 0)) - time.time())
    if seconds <= 0:
        return _moved(f"https://{host}/", over)
    kept = f"{SESSION}={token}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={seconds}"
    return _moved(f"https://{host}/", over, kept)


def _signed_out(host: str) -> Response:
    query = urllib.parse.urlencode({"client_id": os.environ["CLIENT_ID"], "logout_uri": _callback(host)})
    over = f"{SESSION}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"
    return _answer({"continue_at": f"{os.environ['SIGN_IN_URL']}/logout?{query}"}, HTTPStatus.OK, over)


def _exchanged(url: str, form: dict[str, str]) -> dict[str, Any]:
    request = urllib.request.Request(url, urllib.parse.urlencode(form).encode(), method="POST")  # noqa: S310 - https
    try:
        with urllib.request.urlopen(request, timeout=EXCHANGE_SECONDS) as answer:  # noqa: S310 - the pool's address
            document: dict[str, Any] = json.loads(answer.read())
    except (urllib.error.URLError, ValueError):
        return {}
    return document


def _answer(document: dict[str, Any], status: HTTPStatus = HTTPStatus.OK, *cookies: str) -> Response:
    headers = {"content-type": "application/json", **NO_STORE}
    return {"statusCode": status.value, "headers": headers, "cookies": list(cookies), "body": json.dumps(document)}


def _moved(address: str, *cookies: str) -> Response:
    headers = {"location": address, **NO_STORE}
    return {"statusCode": HTTPStatus.FOUND.value, "headers": headers, "cookies": list(cookies), "body": ""}
