"""`billproof receivables`, over the world in memory."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from billproof_ops import cli, receivables
from billproof_ops.target import Target
from tests.support.api_events import api_event
from tests.support.balances import FEB, JAN
from tests.support.cash import cash_world, number_of, receipt, take, usd
from tests.support.invoking import Context, handler
from tests.support.reminders import FIRST, reminding_world
from tests.support.world import INC, World


def use(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command work on a world, call its functions there, and notes be taken as ana's."""

    def call(name: str, event: object) -> object:
        return handler({"RemindCustomersName": "remind_customers"}[name])(event, Context(), world)

    def ask(_target: object, _operation: object, wanted: dict[str, Any], *, who: str | None) -> object:
        answer = handler("note_collection")(api_event(wanted, who, account=wanted["account"]), Context(), world)
        return json.loads(answer["body"])

    target = SimpleNamespace(ports=world, call=call)
    monkeypatch.setattr(Target, "find", lambda: target)
    monkeypatch.setattr(receivables, "call", ask)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """UA is billed 30.00 for January and for February, pays 12.34 of the first, and somebody pays 5.00."""
    world = cash_world(JAN, FEB)
    take(world, receipt(usd("12.34"), remittance=number_of(world, JAN)))
    take(world, receipt(usd(5), "2"))
    use(world, monkeypatch)
    return world


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli.app, words, env={"COLUMNS": "80", "TERM": "xterm"})
    return result.exit_code, f"{result.output}{result.exception or ''}"


def rows(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


@pytest.mark.usefixtures("world")
def test_ageing_is_a_table_of_customers_by_age() -> None:
    code, text = run("receivables", "ageing", "--on", "2013-04-03")
    assert code == 0, text
    lines = rows(text)
    assert "skymeter-inc, 2013-04-03, USD" in lines
    assert "UA 30.00 17.66 47.66" in lines  # 3 days overdue, and 31
    assert "nobody's yet 5.00" in lines
    assert "Customer 1-30 31-60 Open Unapplied" in lines
    assert "in all 30.00 17.66 47.66 5.00" in lines


@pytest.mark.usefixtures("world")
def test_ageing_of_today_and_of_a_day_before_the_first_document() -> None:
    code, text = run("receivables", "ageing", "--json")
    (customer, nobody) = json.loads(text)["customers"]
    assert (code, customer["account"], nobody["account"]) == (0, "UA", "")
    assert customer["balances"][0]["open"] == {"amount": "47.66", "currency": "USD"}
    assert run("receivables", "ageing", "--on", "2012-12-31") == (0, "nothing was open of skymeter-inc on 2012-12-31\n")
    assert "'March' is not a day" in run("receivables", "ageing", "--on", "March")[1]


@pytest.mark.usefixtures("world")
def test_a_statement_of_account_is_text_or_json() -> None:
    code, text = run("receivables", "statement", "UA", "-e", INC, "--on", "2013-04-03")
    assert code == 0, text
    assert "to pay 47.66" in rows(text)
    code, text = run("receivables", "statement", "UA", "--on", "2013-04-03", "--json")
    (stated,) = json.loads(text)["currencies"]
    assert (code, stated["to_pay"]["amount"], len(stated["documents"])) == (0, "47.66", 2)
    assert "there is no account 'UAA'" in run("receivables", "statement", "UAA")[1]


def test_a_settled_document_is_on_the_whole_statement_only(world: World) -> None:
    take(world, receipt(usd("17.66"), "3", remittance=number_of(world, JAN)))
    number = number_of(world, JAN)
    assert number not in run("receivables", "statement", "UA")[1]
    assert number in run("receivables", "statement", "UA", "--all")[1]


@pytest.mark.usefixtures("world")
def test_the_figures_of_a_month_that_is_over() -> None:
    """30.00 are billed and 12.34 are paid in February, of 28 days: 17.66 / 30.00 x 28 = 16.48."""
    assert "2013-03 is not over" in run("receivables", "metrics", "2013-03")[1]
    code, text = run("receivables", "metrics", "2013-02")
    assert code == 0, text
    lines = rows(text)
    assert [lines[0], *lines[3:]] == [
        "skymeter-inc, 2013-02, USD",
        "opening 0.00",
        "invoiced 30.00",
        "paid 12.34",
        "closing 17.66",
        "of it not due yet 17.66",
        "days sales outstanding 16.5",
        "best possible days 16.5",
        "average days delinquent 0.0",
        "collection effectiveness 100.0 %",
        "credit notes, of invoices 0.0 %",
        "invoices 1",
        "credit notes 0",
    ]
    code, text = run("receivables", "metrics", "2013-02", "--json")
    assert (code, json.loads(text)["days_sales_outstanding"]) == (0, "16.5")


def test_reminders_and_notes_of_a_customer(monkeypatch: pytest.MonkeyPatch) -> None:
    """January's 30.00, due on the 3rd of March, are 15 days overdue on the 18th: the second level."""
    world = reminding_world(JAN)
    use(world, monkeypatch)
    world.moment = datetime(2013, 3, 18, 17, tzinfo=UTC)
    assert run("receivables", "reminders", "UA") == (0, "UA was not reminded of anything\n")
    for given in (1, 0):
        code, text = run("receivables", "remind")
        assert (code, f"{given} reminded, 0 mails refused" in text) == (0, True), text
    words = ("--number", FIRST, "--until", "2013-03-31", "--reason", "they called", "--as", "ana")
    code, text = run("receivables", "note", "UA", "promised", *words)
    assert (code, text) == (0, f"UA: promised until 2013-03-31, {FIRST}\n")
    code, text = run("receivables", "reminders", "UA")
    assert (code, text.splitlines()) == (
        0,
        [
            "2013-03-18 reminded, not mailed",
            f"  {FIRST}: 30.00 USD open, 15 days overdue, level 2",
            f"2013-03-18 promised until 2013-03-31, {FIRST}, by ana: they called",
        ],
    )
    assert [fact["kind"] for fact in json.loads(run("receivables", "reminders", "UA", "--json")[1])] == [
        "reminded",
        "promised",
    ]
