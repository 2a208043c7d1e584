"""Reading what API Gateway sends (payload format 2.0): who calls, the headers, the body and the fields of a request.

The identity is the one that the authorizer of the route made sure of. An event without one comes from no route: whoever
invokes such a function directly is refused (401).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from billproof.api.problems import Problem
from billproof.callers import IAM, Caller, Identity
from billproof.model import HALF_A_PAIR, is_text, what_is_wrong
from billproof.names import PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Mapping

    Event = dict[str, Any]

COGNITO = "cognito-identity.amazonaws.com"
"""The issuer of identities of a Cognito identity pool: its callers share one role and one session name."""
SCOPES_OF = "billproof/"
"""What the scopes of ours begin with in a token, as those of a resource server of Cognito do."""
SCOPE_CLAIMS = ("scope", "scp")
"""The claims in which issuers name scopes; API Gateway reads either, too."""
_BETWEEN_SCOPES = re.compile(r"[\s,\[\]]+")
"""API Gateway writes a claim that is an array as text in brackets, `[a b]`."""
MOST_BYTES = 1_000_000
"""Bytes of the largest body."""
MOST_KEY_LETTERS = 200
AskedText = Annotated[str, Field(min_length=1, max_length=1_000)]


def caller_of(event: Mapping[str, Any]) -> Identity | None:
    """Return the identity that the authorizer of a route made sure of, or None."""
    try:
        authorizer = event["requestContext"]["authorizer"]
        if "jwt" in authorizer:
            claims = authorizer["jwt"]["claims"]
            return Identity(issuer=claims["iss"], subject=claims["sub"])
        signer = authorizer["iam"]
        if signer.get("cognitoIdentity"):
            return Identity(issuer=COGNITO, subject=signer["cognitoIdentity"]["identityId"])
        return Identity(issuer=IAM, subject=signer["userArn"])
    except (AttributeError, KeyError, TypeError, ValidationError):
        return None


def known_caller(event: Any) -> Caller:
    """Return who calls, and what the token is limited to; raises Problem (401) where no authorizer says so."""
    identity = caller_of(event) if isinstance(event, dict) else None
    if identity is None:
        detail = "no authorizer says who calls: use the API, with a signature of AWS or a token"
        raise Problem(HTTPStatus.UNAUTHORIZED, "no_caller", detail)
    claims = event["requestContext"]["authorizer"].get("jwt", {}).get("claims", {})
    named = _BETWEEN_SCOPES.split(" ".join(str(claims.get(claim, "")) for claim in SCOPE_CLAIMS))
    return Caller(
        identity=identity,
        scopes=frozenset(scope.removeprefix(SCOPES_OF) for scope in named if scope.startswith(SCOPES_OF)),
    )


def method_of(event: Event) -> str:
    """Return the HTTP method of the route that was called."""
    return str(event.get("routeKey", "")).partition(" ")[0]


def part_of(event: Event, name: str) -> dict[str, Any]:
    """Return the headers or the parameters of a request; raises Problem where they are no names with values."""
    part = event.get(name) or {}
    if not isinstance(part, dict):
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", f"{name} are not names with values")
    return part


def header(event: Event, name: str) -> str:
    """Return a header of a request, whatever case its name is written in, or nothing."""
    headers = {str(key).lower(): str(value) for key, value in part_of(event, "headers").items()}
    return headers.get(name, "")


def idempotency_key(event: Event) -> str:
    """Return the Idempotency-Key of a request, or nothing; raises Problem for one that is none."""
    key = header(event, "idempotency-key")
    if len(key) > MOST_KEY_LETTERS or not key.isascii() or not key.isprintable():
        detail = f"an Idempotency-Key is at most {MOST_KEY_LETTERS} printable letters of ASCII"
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", detail)
    return key


def text_of(event: Event) -> str:
    """Return the body of a request as text; raises Problem."""
    text = event.get("body") or ""
    try:
        if event.get("isBase64Encoded"):
            text = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, TypeError, ValueError):
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", "the body is not text in UTF-8") from None
    if not isinstance(text, str):
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", "the body is not text")
    if len(text) > MOST_BYTES or len(text.encode(errors="surrogatepass")) > MOST_BYTES:
        detail = f"the body is larger than {MOST_BYTES:,} bytes"
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "invalid_input", detail)
    return text


def fields_of(event: Event) -> dict[str, Any]:
    """Return the fields of a request: those of its JSON body, of its query, and of its path; raises Problem."""
    try:
        fields = json.loads(text_of(event) or "{}")
    except (ValueError, RecursionError):
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", "the body is not JSON") from None
    if not isinstance(fields, dict):
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", "the body is not a JSON object")
    fields |= part_of(event, "queryStringParameters") | part_of(event, "pathParameters")
    if not is_text(fields):
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", HALF_A_PAIR)
    return fields


def request_of[M: BaseModel](model: type[M], fields: dict[str, Any]) -> M:
    """Read the fields of a request; raises Problem (400) for what does not fit, and repeats nothing of it."""
    try:
        return model.model_validate(fields, context=PUBLISHED)
    except ValidationError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", what_is_wrong(error)) from None
