"""How a call says who makes it: a token, or a signature of AWS (Signature Version 4)."""

from collections.abc import Callable, Mapping
from typing import Any

Authorize = Callable[[str, str, bytes], Mapping[str, str]]
"""Given the method, the address and the body of a call, return the headers to add; it is asked for every try."""


def bearer(token: str | Callable[[], str]) -> Authorize:
    """Bring a token, or what a function returns: an access token that is renewed is asked for anew."""

    def authorize(_method: str, _url: str, _body: bytes) -> Mapping[str, str]:
        return {"authorization": f"Bearer {token if isinstance(token, str) else token()}"}

    return authorize


def signed(credentials: Any, region: str) -> Authorize:
    """Sign with AWS credentials, as botocore's session gives them."""
    from botocore.auth import SigV4Auth  # only who signs needs botocore
    from botocore.awsrequest import AWSRequest

    def authorize(method: str, url: str, body: bytes) -> Mapping[str, str]:
        request = AWSRequest(method, url, headers={"content-type": "application/json"}, data=body)
        SigV4Auth(credentials, "execute-api", region).add_auth(request)
        return dict(request.headers)

    return authorize
