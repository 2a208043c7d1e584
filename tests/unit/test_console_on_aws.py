"""The console's template, its session and its catalogues: what CloudFront is told is what runs on a laptop."""

import base64
import importlib.util
import json
import re
import time
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from samtranslator.yaml_helper import yaml_parse

from billproof_ops.paths import ROOT
from billproof_ops.web_console.site import SECURITY

CONSOLE = ROOT / "console"
HOST = "console.example"


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("SIGN_IN_URL", "https://pool.example")
    monkeypatch.setenv("CLIENT_ID", "client")
    spec = importlib.util.spec_from_file_location("console_session", CONSOLE / "session" / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def resources() -> dict[str, Any]:
    template: dict[str, Any] = yaml_parse((CONSOLE / "template.yaml").read_text())
    return {name: resource["Properties"] for name, resource in template["Resources"].items()}


def token(**claims: Any) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"head.{body}.signature"


def call(session: ModuleType, method: str, path: str, **more: Any) -> dict[str, Any]:
    """Call the function as CloudFront does; `exchange` stands in for the pool's token endpoint."""
    event = {
        "requestContext": {"http": {"method": method, "path": path}},
        "headers": {"x-billproof-host": HOST},
        "cookies": more.pop("cookies", []),
        "queryStringParameters": more.pop("query", None),
    }
    answer: dict[str, Any] = session.handler(event, None, more.pop("exchange", None))
    return answer


def begun(session: ModuleType) -> tuple[str, str, str]:
    """Begin to sign in; return the cookie that is kept, the state, and the challenge that the pool is told."""
    answer = call(session, "GET", "/session/sign-in")
    query = parse_qs(urlsplit(answer["headers"]["location"]).query)
    assert query["redirect_uri"] == [f"https://{HOST}/session/callback"]
    (cookie,) = answer["cookies"]
    assert {"HttpOnly", "Secure", "SameSite=Lax"} <= {*cookie.split("; ")}
    return cookie.split(";")[0], query["state"][0], query["code_challenge"][0]


def test_who_signs_in_gets_a_cookie_that_no_script_reads(session: ModuleType) -> None:
    kept, state, challenge = begun(session)
    wanted = token(exp=time.time() + 3_600, email="ana@skymeter.example")
    forms: list[dict[str, str]] = []

    def exchange(url: str, form: dict[str, str]) -> dict[str, Any]:
        assert url == "https://pool.example/oauth2/token"
        forms.append(form)
        return {"id_token": wanted}

    query = {"code": "C", "state": state}
    answer = call(session, "GET", "/session/callback", cookies=[kept], query=query, exchange=exchange)
    assert (answer["statusCode"], answer["headers"]["location"]) == (302, f"https://{HOST}/")
    cookie = next(cookie for cookie in answer["cookies"] if cookie.startswith("__Host-billproof="))
    assert {"HttpOnly", "Secure", "SameSite=Strict", "Path=/"} <= {*cookie.split("; ")}
    shown = json.loads(call(session, "GET", "/session", cookies=[cookie.split(";")[0]])["body"])
    assert (shown["signed_in"], shown["name"]) == (True, "ana@skymeter.example")
    (form,) = forms
    digest = session.hashlib.sha256(form["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge


@pytest.mark.parametrize(
    ("cookies", "query"),
    [
        ([], {"code": "C", "state": "S"}),
        (["__Host-billproof-sign-in=S.V"], {"code": "C", "state": "T"}),
        (["__Host-billproof-sign-in=S.V"], {"code": "C"}),
        (["__Host-billproof-sign-in=.V"], {"code": "C", "state": ""}),
        (["__Host-billproof-sign-in=S.V"], {"state": "S", "error": "access_denied"}),
    ],
)
def test_what_nobody_here_began_signs_nobody_in(cookies: list[str], query: dict[str, str], session: ModuleType) -> None:
    def exchange(*_: Any) -> dict[str, Any]:
        raise AssertionError

    answer = call(session, "GET", "/session/callback", cookies=cookies, query=query, exchange=exchange)
    assert answer["statusCode"] == 302
    assert [cookie for cookie in answer["cookies"] if "Max-Age=0" not in cookie] == []


@pytest.mark.parametrize("answered", [{}, {"error": "invalid_grant"}, {"id_token": token(exp=1)}, {"id_token": "x"}])
def test_what_the_pool_does_not_vouch_for_signs_nobody_in(answered: dict[str, str], session: ModuleType) -> None:
    kept, state, _ = begun(session)
    query = {"code": "C", "state": state}
    answer = call(session, "GET", "/session/callback", cookies=[kept], query=query, exchange=lambda *_: answered)
    assert [cookie for cookie in answer["cookies"] if cookie.startswith("__Host-billproof=")] == []


def test_a_token_that_is_over_or_none_signs_nobody_in_and_signing_out_ends_it(session: ModuleType) -> None:
    for cookies in ([], ["__Host-billproof=x"], [f"__Host-billproof={token(exp=1, sub='a')}"]):
        assert json.loads(call(session, "GET", "/session", cookies=cookies)["body"])["signed_in"] is False
    answer = call(session, "DELETE", "/session")
    assert "Max-Age=0" in answer["cookies"][0]
    assert json.loads(answer["body"])["continue_at"].startswith("https://pool.example/logout?")
    assert call(session, "GET", "/session/other")["statusCode"] == 404


def test_cloudfront_says_what_the_local_server_says_and_runs_the_program_that_is_tested() -> None:
    known = resources()
    policy = known["Headers"]["ResponseHeadersPolicyConfig"]
    said = policy["SecurityHeadersConfig"]
    assert said["ContentSecurityPolicy"]["ContentSecurityPolicy"] == SECURITY["content-security-policy"]
    assert said["ReferrerPolicy"]["ReferrerPolicy"] == SECURITY["referrer-policy"]
    custom = {item["Header"]: item["Value"] for item in policy["CustomHeadersConfig"]["Items"]}
    assert {**custom, "x-content-type-options": "nosniff"}.items() <= SECURITY.items()
    assert known["Edge"]["FunctionCode"].strip() == (CONSOLE / "edge" / "edge.js").read_text().strip()


def test_every_behaviour_goes_through_the_edge_over_tls_and_no_origin_is_open() -> None:
    known = resources()
    config = known["Distribution"]["DistributionConfig"]
    for behaviour in (config["DefaultCacheBehavior"], *config["CacheBehaviors"]):
        assert [one["EventType"] for one in behaviour["FunctionAssociations"]] == ["viewer-request"]
        assert behaviour["ViewerProtocolPolicy"] in {"https-only", "redirect-to-https"}
        assert behaviour["ResponseHeadersPolicyId"] == {"Ref": "Headers"}
    assert all(known["Files"]["PublicAccessBlockConfiguration"].values())
    assert known["Session"]["FunctionUrlConfig"]["AuthType"] == "AWS_IAM"


CATALOGUES = {name: json.loads((CONSOLE / "src" / "locales" / f"{name}.json").read_text()) for name in ("en", "de")}


def test_both_languages_have_every_text_with_the_same_values() -> None:
    english, german = CATALOGUES["en"], CATALOGUES["de"]
    assert english.keys() == german.keys()
    values = re.compile(r"\{\w+\}")
    differing = [key for key in english if sorted(values.findall(english[key])) != sorted(values.findall(german[key]))]
    assert differing == []


def test_the_pages_ask_for_no_text_that_is_not_there_and_none_is_left_over() -> None:
    source = "\n".join(file.read_text() for file in (CONSOLE / "src").rglob("*.ts*"))
    asked = set(re.findall(r'"([a-z_]+(?:\.[a-z_]+)*)"', source))
    texts = {key for key in CATALOGUES["en"] if not key.startswith("code.")}
    called = set(re.findall(r'(?:text|useTitle)\("([a-z_.]+)"', source))
    assert called - texts == set()
    assert texts - asked == set()


def test_what_is_installed_is_pinned_by_its_content_and_names_no_registry() -> None:
    packages = json.loads((CONSOLE / "package-lock.json").read_text())["packages"]
    assert len(packages) > 5
    assert [name for name, known in packages.items() if name and "integrity" not in known] == []
    assert [name for name, known in packages.items() if "resolved" in known] == []
