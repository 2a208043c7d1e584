"""`billproof disputes`, over the world in memory: each verb is what the functions of the API do."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from billproof_ops import cli, disputes
from billproof_ops.api import Operation
from billproof_ops.target import Target
from tests.support.api_events import answer, api_event
from tests.support.balances import JAN
from tests.support.cash import cash_world
from tests.support.invoking import Context, handler
from tests.support.world import INC, World

UA = f"{INC}.{JAN}.UA"
SAID = ("--cause", "service", "--owner", "billing", "--deadline", "2099-12-31", "--reason", "it was down")
FUNCTIONS = {"DisputeInvoiceName": "dispute_invoice", "ResolveDisputeName": "resolve_dispute"}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """UA is billed 30.00 for January."""
    world = cash_world(JAN)

    def ask(_target: object, operation: Operation, wanted: dict[str, Any], *, who: str | None) -> Any:
        in_path = {name: value for name, value in wanted.items() if f"{{{name}}}" in operation.path}
        body = {name: value for name, value in wanted.items() if name not in in_path}
        return answer(handler(FUNCTIONS[operation.function])(api_event(body, who, **in_path), Context(), world))

    target = SimpleNamespace(ports=world)
    monkeypatch.setattr(Target, "find", lambda: target)
    monkeypatch.setattr(disputes, "call", ask)
    return world


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli.app, ("disputes", *words), env={"COLUMNS": "120", "TERM": "xterm"})
    return result.exit_code, f"{result.output}{result.exception or ''}"


def test_a_dispute_is_opened_listed_and_upheld(world: World) -> None:
    assert run("list") == (0, "nothing is disputed\n")
    words = (UA, "--line", f"fee:{JAN}", "--amount", "12", *SAID, "--as", "ana")
    for _ in range(2):
        assert run("open", *words) == (0, "UA 1, SKY-US-2013-000001: open, 12.00 USD\n")
    code, text = run("list")
    assert code == 0, text
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "UA 1 SKY-US-2013-000001 12.00 USD service open billing 2099-12-31" in lines
    code, text = run("resolve", "UA", "1", "upheld", "--reason", "they are right", "--as", "ana")
    assert (code, text) == (0, f"UA 1, SKY-US-2013-000001: waits for credit, 12.00 USD, credit note {UA}~01\n")
    assert [facts.released for facts in world.register.credits(UA)] == [None]


@pytest.mark.usefixtures("world")
def test_a_dispute_that_is_rejected_is_listed_with_all() -> None:
    assert run("open", UA, *SAID, "--as", "ana")[0] == 0
    code, text = run("resolve", "UA", "1", "rejected", "--reason", "it was not", "--as", "ben", "--json")
    assert (code, json.loads(text)["status"]) == (0, "rejected")
    assert json.loads(run("list", "--json")[1]) == []
    (row,) = json.loads(run("list", "--all", "--json")[1])
    assert (row["account"], row["status"], row["line"], row["amount"]) == ("UA", "rejected", "", "30.00 USD")


@pytest.mark.usefixtures("world")
def test_nobody_but_a_person_of_the_policy_disputes_or_decides() -> None:
    code, text = run("open", UA, *SAID, "--as", "mallory")
    assert (code, "not_allowed" in text or "403" in text) == (1, True), text
