"""The console's server over the deployed API: calls are signed as whoever is signed in, on the greedy route, too."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from billproof_ops.local.server import REGION
from billproof_ops.target import Target
from billproof_ops.web_console.serving import SignedCalls, served
from tests.support.chain import INC


@pytest.fixture
def address(loaded: Target, tmp_path: Path) -> Iterator[str]:
    (tmp_path / "index.html").write_text("<!doctype html>")
    url = f"{os.environ['AWS_ENDPOINT_URL']}/_aws/execute-api/{loaded.outputs['ApiId']}/$default"
    calls = SignedCalls(url, REGION)
    with served(tmp_path, calls) as found:
        yield found
    calls.close()


def ask(address: str, method: str, path: str, *, cookie: str = "", body: Any = None) -> tuple[int, Any, str]:
    """Ask as the console's pages do; return the status, the answer and the cookie that is set."""
    headers = {"x-billproof-console": "1", "origin": address, "content-type": "application/json", "cookie": cookie}
    data = json.dumps(body).encode() if body is not None else None
    try:
        with urlopen(Request(address + path, data, headers, method=method)) as answer:  # noqa: S310 - loopback
            set_cookie = str(answer.headers.get("set-cookie", "")).partition(";")[0]
            return answer.status, json.loads(answer.read()), set_cookie
    except HTTPError as error:
        return error.code, json.loads(error.read()), ""


def sign_in(address: str, name: str) -> str:
    status, _, cookie = ask(address, "POST", "/session", body={"name": name})
    assert status == 200
    return cookie


def test_each_is_called_for_as_who_is_signed_in(address: str) -> None:
    ana, mallory = sign_in(address, "ana"), sign_in(address, "mallory")
    status, known, _ = ask(address, "GET", "/v1/me", cookie=ana)
    assert (status, known["identity"]["subject"]) == (200, "arn:aws:iam::000000000000:user/ana")
    assert INC in {entity["id"] for entity in known["legal_entities"]}
    status, problem, _ = ask(address, "GET", "/v1/me", cookie=mallory)
    assert (status, problem["code"]) == (403, "not_allowed")
    status, accounts, _ = ask(address, "GET", f"/v1/accounts?legal_entity={INC}&limit=1000", cookie=ana)
    assert (status, len(accounts["items"])) == (200, 13)


def test_a_path_of_no_route_is_a_problem_document_and_a_change_is_signed_too(address: str) -> None:
    ana = sign_in(address, "ana")
    status, problem, _ = ask(address, "GET", "/v1/nothing/here", cookie=ana)
    assert (status, problem["code"]) == (404, "no_such_route")
    wanted = {"legal_entity": INC, "period": "2999-01"}
    status, problem, _ = ask(address, "POST", "/v1/sign-offs", cookie=ana, body=wanted)
    assert (status, problem["code"]) == (422, "invalid_period")
