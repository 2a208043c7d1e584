import json
import re

from billproof_ops import openapi
from billproof_ops.paths import ROOT

CODES = ROOT / "docs" / "api.md"


def test_the_document_is_that_of_the_routes_and_the_models() -> None:
    assert openapi.FILE.read_text() == openapi.text(), "run 'make schemas'"


def test_every_route_says_what_it_does_and_has_every_name_of_its_path() -> None:
    for path, methods in json.loads(openapi.FILE.read_text())["paths"].items():
        for operation in methods.values():
            assert operation["summary"].endswith((".", ":")), path
            named = {part["name"] for part in operation["parameters"] if part["in"] == "path"}
            assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}


def test_every_reference_leads_somewhere() -> None:
    text = openapi.FILE.read_text()
    known = json.loads(text)["components"]
    references = {tuple(part.split('"')[0].split("/")) for part in text.split('"#/components/')[1:]}
    assert {kind for kind, _ in references} == {"schemas", "headers", "responses"}
    assert [(kind, name) for kind, name in references if name not in known[kind]] == []


ROW = re.compile(r"^\| (`(?:GET|POST|PUT|DELETE) /v1/.*?`) \| (.+?) \| .+ \|$", re.MULTILINE)
ROUTE = re.compile(r"`([A-Z]+ /v1/[^`?]+)[^`]*`")


def test_the_page_lists_every_route_with_its_scope_and_no_other() -> None:
    listed = {route: scope for routes, scope in ROW.findall(CODES.read_text()) for route in ROUTE.findall(routes)}
    assert listed == {route.key: asked_of(route) for route in openapi.described()}


def asked_of(route: openapi.Described) -> str:
    """What the page says a route asks of its caller."""
    if route.scope is not None:
        return f"`{route.scope}`"
    return "every caller" if route.is_of_every_caller else "a person"
