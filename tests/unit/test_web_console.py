"""The console's server: who is signed in, what another site may not ask for, and which files there are."""

import json
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from billproof_ops.web_console.model import ConsoleAnswer, ConsoleRequest
from billproof_ops.web_console.serving import refused_unread
from billproof_ops.web_console.site import MOST_SESSIONS, SESSION_SECONDS, ConsoleSite

ADDRESS = "http://127.0.0.1:8765"
HOST = {"host": "127.0.0.1:8765"}
NOW = {0: 0.0}
"""Seconds on the clock of the site."""
OWN = {**HOST, "x-billproof-console": "1", "origin": ADDRESS}


class Calls:
    """An API that notes who calls what, or is down."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, str, dict[str, str]]] = []
        self.trouble: Exception | None = None

    def __call__(self, request: ConsoleRequest, person: str) -> ConsoleAnswer:
        if self.trouble:
            raise self.trouble
        self.seen.append((person, request.method, request.target, dict(request.headers)))
        return ConsoleAnswer(200, {"content-type": "application/json", "set-cookie": "theirs=1"}, b"{}")


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def site(tmp_path: Path, calls: Calls) -> ConsoleSite:
    (tmp_path / "outside.txt").write_text("not for browsers")
    files = tmp_path / "files"
    (files / "assets").mkdir(parents=True)
    (files / "index.html").write_text("<!doctype html>")
    (files / "assets" / "console-1.js").write_text("1")
    return ConsoleSite(files, calls, address=ADDRESS, people=("ana",), clock=lambda: NOW[0])


def sign_in(site: ConsoleSite, name: str) -> dict[str, str]:
    """Sign in, and return the header that the browser sends from then on."""
    answer = site.answer(ConsoleRequest("POST", "/session", OWN, json.dumps({"name": name}).encode()))
    assert answer.status == 200, answer.body
    cookie, *attributes = answer.headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {*attributes}
    return {"cookie": cookie}


def test_a_call_is_made_as_who_is_signed_in_and_with_no_header_that_says_otherwise(
    site: ConsoleSite, calls: Calls
) -> None:
    session = sign_in(site, "ana")
    forged = {"authorization": "Bearer ben", "x-amz-security-token": "x", "idempotency-key": "k", **HOST, **session}
    answer = site.answer(ConsoleRequest("GET", "/v1/runs?legal_entity=a", forged))
    assert calls.seen == [("ana", "GET", "/v1/runs?legal_entity=a", {"idempotency-key": "k"})]
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("cookie", ["", "billproof_session=", "billproof_session=guessed", "=;;=", "other=1"])
def test_without_a_session_nothing_is_called(cookie: str, site: ConsoleSite, calls: Calls) -> None:
    answer = site.answer(ConsoleRequest("GET", "/v1/runs", {**HOST, "cookie": cookie}))
    assert (answer.status, json.loads(answer.body)["code"], calls.seen) == (401, "no_session", [])


@pytest.mark.parametrize(
    "headers",
    [
        {"x-billproof-console": "1", "origin": "https://evil.example"},
        {"x-billproof-console": "1", "origin": "null"},
        {"origin": ADDRESS},
        {"x-billproof-console": "0", "origin": ADDRESS},
        {},
    ],
)
@pytest.mark.parametrize("target", ["/v1/runs", "/session"])
def test_what_another_site_asks_for_in_a_persons_name_is_refused(
    target: str, headers: dict[str, str], site: ConsoleSite, calls: Calls
) -> None:
    session = sign_in(site, "ana")
    for method in ("POST", "PUT", "DELETE"):
        answer = site.answer(ConsoleRequest(method, target, {**HOST, **headers, **session}, b'{"name": "ben"}'))
        assert (answer.status, json.loads(answer.body)["code"]) == (403, "not_from_the_console")
    assert calls.seen == []
    shown = json.loads(site.answer(ConsoleRequest("GET", "/session", {**HOST, **session})).body)
    assert shown["name"] == "ana"


def test_another_name_of_the_machine_is_not_the_console(site: ConsoleSite) -> None:
    """A name that an attacker lets point to loopback (DNS rebinding) is another host."""
    session = sign_in(site, "ana")
    answer = site.answer(ConsoleRequest("GET", "/v1/runs", {"host": "evil.example:8765", **session}))
    assert (answer.status, json.loads(answer.body)["code"]) == (421, "wrong_host")


def test_who_signed_out_is_nobody(site: ConsoleSite) -> None:
    session = sign_in(site, "ana")
    out = site.answer(ConsoleRequest("DELETE", "/session", {**OWN, **session}))
    assert "Max-Age=0" in out.headers["set-cookie"]
    assert site.answer(ConsoleRequest("GET", "/v1/runs", {**HOST, **session})).status == 401


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"name": ""}', b'{"name": "a/b"}', b'{"name": "../../x"}', b"\xff", b"[" * 100_000]
)
def test_what_is_no_name_signs_nobody_in(body: bytes, site: ConsoleSite) -> None:
    answer = site.answer(ConsoleRequest("POST", "/session", OWN, body))
    assert (answer.status, "set-cookie" in answer.headers) == (400, False)


def test_of_too_many_sessions_the_oldest_is_signed_out(site: ConsoleSite) -> None:
    first = sign_in(site, "ana")
    for _ in range(MOST_SESSIONS):
        last = sign_in(site, "ben")
    assert site.answer(ConsoleRequest("GET", "/v1/runs", {**HOST, **first})).status == 401
    assert site.answer(ConsoleRequest("GET", "/v1/runs", {**HOST, **last})).status == 200


def test_pages_are_the_first_file_assets_are_kept_and_nothing_outside_is_served(site: ConsoleSite) -> None:
    page = site.answer(ConsoleRequest("GET", "/skymeter-inc/2013-01/month", HOST))
    assert (page.status, page.body, page.headers["cache-control"]) == (200, b"<!doctype html>", "no-cache")
    asset = site.answer(ConsoleRequest("GET", "/assets/console-1.js", HOST))
    assert (asset.status, "immutable" in asset.headers["cache-control"]) == (200, True)
    assert site.answer(ConsoleRequest("GET", "/assets/console-2.js", HOST)).status == 404
    for path in ("/../outside.txt", "/assets/../../outside.txt", "//outside.txt"):
        assert b"not for browsers" not in site.answer(ConsoleRequest("GET", path, HOST)).body


def test_every_answer_keeps_a_browser_from_more_than_it_should_do(site: ConsoleSite) -> None:
    for request in (
        ConsoleRequest("GET", "/", HOST),
        ConsoleRequest("GET", "/session", HOST),
        ConsoleRequest("GET", "/v1/runs", HOST),
        ConsoleRequest("POST", "/v1/runs", HOST),
        ConsoleRequest("GET", "/", {"host": "evil.example"}),
    ):
        headers = site.answer(request).headers
        assert "script-src 'self';" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_a_session_is_over_after_its_hours_whatever_the_browser_keeps(
    site: ConsoleSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = sign_in(site, "ana")
    monkeypatch.setitem(NOW, 0, SESSION_SECONDS - 1.0)
    assert site.answer(ConsoleRequest("GET", "/v1/runs", {**HOST, **session})).status == 200
    monkeypatch.setitem(NOW, 0, float(SESSION_SECONDS))
    assert site.answer(ConsoleRequest("GET", "/v1/runs", {**HOST, **session})).status == 401
    monkeypatch.setitem(NOW, 0, 0.0)  # it is forgotten, and not only late
    assert site.answer(ConsoleRequest("GET", "/v1/runs", {**HOST, **session})).status == 401


def test_who_signs_in_gets_a_session_that_nobody_chose_and_leaves_none_behind(site: ConsoleSite) -> None:
    chosen = {"cookie": "billproof_session=chosen-by-another"}
    body = json.dumps({"name": "ana"}).encode()
    answer = site.answer(ConsoleRequest("POST", "/session", {**OWN, **chosen}, body))
    assert "chosen-by-another" not in answer.headers["set-cookie"]
    assert site.answer(ConsoleRequest("GET", "/v1/runs", {**HOST, **chosen})).status == 401
    first = {"cookie": answer.headers["set-cookie"].partition(";")[0]}
    site.answer(ConsoleRequest("POST", "/session", {**OWN, **first}, json.dumps({"name": "ben"}).encode()))
    assert site.answer(ConsoleRequest("GET", "/v1/runs", {**HOST, **first})).status == 401


@pytest.mark.parametrize("trouble", [ConnectionRefusedError(), EndpointConnectionError(endpoint_url="http://x")])
def test_an_api_that_does_not_answer_is_said_in_words(trouble: Exception, site: ConsoleSite, calls: Calls) -> None:
    session = sign_in(site, "ana")
    calls.trouble = trouble
    answer = site.answer(ConsoleRequest("GET", "/v1/runs", {**HOST, **session}))
    assert (answer.status, json.loads(answer.body)["code"]) == (502, "no_api")


@pytest.mark.parametrize(
    "target",
    [
        "/v1/../../../2015-03-31/functions",
        "/v1/%2e%2e/%2e%2e/secret",
        "/v1/runs/./x",
        "/v1/..",
        "/v1/" + "x" * 3_000,
    ],
)
def test_no_path_leads_out_of_the_api(target: str, site: ConsoleSite, calls: Calls) -> None:
    """Who calls the emulator's API takes dots out of a path: what is signed would reach another service of it."""
    session = sign_in(site, "ana")
    for method in ("GET", "POST"):
        assert site.answer(ConsoleRequest(method, target, {**OWN, **session})).status in {404, 405}
    assert calls.seen == []


@pytest.mark.parametrize("path", ["/" + "x" * 300, "/" + "y" * 3_000, "/a\0b", "/%00", "/assets/" + "z" * 300, "/."])
def test_a_name_that_no_file_has_is_a_page_or_not_there(path: str, site: ConsoleSite) -> None:
    answer = site.answer(ConsoleRequest("GET", path, HOST))
    assert (answer.status, answer.body == b"<!doctype html>") in {(200, True), (404, False)}


def test_who_types_localhost_is_sent_to_the_address_and_nowhere_else(site: ConsoleSite) -> None:
    answer = site.answer(ConsoleRequest("GET", "/", {"host": "localhost:8765"}))
    assert (answer.status, answer.headers["location"]) == (302, ADDRESS)
    for target in ("//evil.example", "/v1/runs", "/session"):
        assert site.answer(ConsoleRequest("GET", target, {"host": "localhost:8765"})).status == 421


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, None),
        ({"content-length": "0"}, None),
        ({"content-length": "1000000"}, None),
        ({"content-length": "1000001"}, 413),
        ({"content-length": "9" * 5_000}, 413),
        ({"content-length": "-1"}, 411),
        ({"content-length": "1e3"}, 411),
        ({"content-length": "\u0663"}, 411),
        ({"transfer-encoding": "chunked"}, 411),
        ({"transfer-encoding": "chunked", "content-length": "3"}, 411),
    ],
)
def test_a_body_without_a_length_or_with_too_large_a_one_is_not_read(
    headers: dict[str, str], status: int | None
) -> None:
    answer = refused_unread(headers)
    assert (answer.status if answer else None) == status
