"""Every error has a status, a code and a place on the page; so has every code that the API answers with."""

import ast
import inspect
import re
from collections.abc import Iterator
from datetime import date
from http import HTTPStatus
from typing import Any

import pytest

from billproof import errors
from billproof.api.calls import REFUSED
from billproof.api.problems import Problem, answered
from billproof.approvals.model import Refusal
from billproof.errors import BillproofError
from billproof.usage.model import Reason
from billproof_ops.openapi import FILE
from billproof_ops.paths import ROOT

ROW = re.compile(r"^\| (`[a-z_`, ]+`) \| ([0-9, ]+) \| (.+) \|$", re.MULTILINE)
PAGE: dict[str, set[int]] = {
    code: {int(status) for status in statuses.split(", ")}
    for codes, statuses, _ in ROW.findall((ROOT / "docs" / "api.md").read_text())
    for code in re.findall(r"[a-z_]+", codes)
}


def kinds(kind: type[BillproofError] = BillproofError) -> Iterator[type[BillproofError]]:
    for below in kind.__subclasses__():
        if below.__module__.startswith("billproof."):
            yield below
            yield from kinds(below)


def one_of(kind: type[BillproofError]) -> BillproofError:
    """An error of a kind, with whatever its kind asks for."""
    asked: dict[str, Any] = {"message": "x", "key": "x", "day": date(2013, 1, 1), "remedy": "x"}
    parameters = inspect.signature(kind).parameters.values()
    return kind(**{part.name: asked[part.name] for part in parameters if part.kind is not part.VAR_KEYWORD})


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_every_error_is_answered_with_the_status_of_the_page(kind: type[BillproofError]) -> None:
    def fail() -> dict[str, Any]:
        raise one_of(kind)

    response = answered("a test", "id", fail)
    assert response["statusCode"] in PAGE[kind.code]
    assert (response["statusCode"] == HTTPStatus.SERVICE_UNAVAILABLE) == kind.retryable
    assert f'"code": "{kind.code}"' in response["body"]


def test_every_error_has_a_code_of_its_own_and_stands_in_the_tree() -> None:
    names = [kind.__name__ for kind in kinds()]
    assert len({kind.code for kind in kinds()}) == len(names)
    assert set(re.findall(r"\|- (\w+)", errors.__doc__ or "")) == set(names)


def raised() -> set[tuple[str, int]]:
    """The codes and statuses of every problem that the code of the API raises by name."""
    calls = (
        node
        for path in (ROOT / "shared" / "billproof" / "api").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == Problem.__name__
    )
    codes = set()
    for call in calls:
        match call.args:
            case [ast.Attribute(attr=status), ast.Constant(value=str() as code), *_]:
                codes.add((code, HTTPStatus[status].value))
    return codes


def test_every_problem_stands_on_the_page() -> None:
    refusals = {(refusal.value, REFUSED.get(refusal, HTTPStatus.FORBIDDEN).value) for refusal in Refusal}
    assert len(raised()) > 8
    assert {(code, status) for code, status in raised() | refusals if status not in PAGE.get(code, set())} == set()


def test_the_page_names_no_code_that_nobody_raises() -> None:
    known = {kind.code for kind in kinds()} | {code for code, _ in raised()} | {refusal.value for refusal in Refusal}
    assert PAGE.keys() == known


def test_every_status_of_the_page_is_declared() -> None:
    text = FILE.read_text()
    assert {status for statuses in PAGE.values() for status in statuses if f'"{status}"' not in text} == set()


def test_every_reason_of_an_event_stands_on_its_page() -> None:
    page = (ROOT / "docs" / "usage-events.md").read_text()
    assert [reason.value for reason in Reason if f"| `{reason.value}` |" not in page] == []
