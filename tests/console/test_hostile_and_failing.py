"""Texts that are programs, an API that fails, answers that are lost, sessions that end: nothing runs or is lost."""

import json
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from billproof.money import Money
from billproof_ops.web_console.model import ConsoleAnswer, ConsoleRequest
from tests.support.console_world import take
from tests.support.desk import Desk
from tests.support.world import EUROPE, INC, JANUARY

CASE = f"{INC}.{JANUARY}.UA.001"
PROGRAM = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
RIGHT_TO_LEFT = "\u202eשלום \u05d7\u05d1\u05e8\u05d4"
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3


def problem(status: int, code: str, detail: str, **headers: str) -> ConsoleAnswer:
    body = json.dumps({"status": status, "code": code, "detail": detail}).encode()
    return ConsoleAnswer(status, {"content-type": "application/problem+json", **headers}, body)


def test_what_customers_and_banks_write_is_text_on_every_page_and_no_page_grows_wider(desk: Desk) -> None:
    world = desk.world
    for account, name in {"UA": PROGRAM, "EV": RIGHT_TO_LEFT, "YV": LONG}.items():
        known = world.directory.account(account)
        assert known is not None
        world.publish(known.model_copy(update={"version": known.version + 1, "name": name}))
    receipt: dict[str, Any] = {
        "legal_entity": INC,
        "channel": "bank",
        "source": world.directory.legal_entity(INC).cash_accounts[0].source,
    }
    receipt |= {"reference": "hostile-1", "booked_on": "2013-02-20", "payer": {"name": PROGRAM}, "structured": None}
    huge = Money(amount=Decimal("99999999999999.99"), currency="USD").model_dump(mode="json")
    take(world, {**receipt, "amount": huge, "remittance": f"{LONG} {RIGHT_TO_LEFT}"})
    desk.page.set_viewport_size({"width": 390, "height": 844})
    desk.begin("ben")
    desk.open("/work/" + CASE)
    desk.page.get_by_label("Comment").fill(PROGRAM)
    desk.press("Add note")
    desk.sees("<img src=x")
    for path in ("/month", "/work", "/cash", "/customers", "/customers/UA", "/customers/YV", "/disputes", "/evidence"):
        desk.open(path)
        desk.page.wait_for_load_state("networkidle")
        assert desk.page.title() != "taken", path
        assert desk.page.locator("main img, main script").count() == 0, path
        wider: int = desk.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, path
    desk.open("/cash")
    desk.page.get_by_label("Show", exact=True).select_option("all")
    desk.sees("99,999,999,999,999.99 USD")


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (problem(500, "internal_error", "this is an error of billproof"), "this is an error of billproof"),
        (ConsoleAnswer(504, {"content-type": "text/html"}, b"<html>gateway"), "Gateway Timeout"),
        (ConnectionResetError(), "the API does not answer"),
        (problem(429, "too_many_calls", "slow down", **{"retry-after": "60"}), "more often than the API allows"),
    ],
)
def test_a_change_that_fails_is_said_in_words_and_what_was_typed_stays(
    trouble: ConsoleAnswer | Exception, told: str, desk: Desk
) -> None:
    desk.begin("ben")
    desk.open("/work/" + CASE)
    reason = desk.page.get_by_label("Why (it is kept in the audit chain)")
    reason.fill("agreed with the customer")
    desk.stack.troubles.append(trouble)
    desk.press("Approve")
    desk.sees(told)
    assert reason.input_value() == "agreed with the customer"
    assert desk.world.exception_store.state(CASE).decision is None
    desk.press("Approve")
    desk.sees("by ben on")


def test_a_call_that_is_one_too_many_is_made_again_as_soon_as_the_api_says(desk: Desk) -> None:
    desk.begin("ben")
    desk.open("/work/" + CASE)
    desk.page.get_by_label("Why (it is kept in the audit chain)").fill("agreed with the customer")
    desk.stack.troubles.append(problem(429, "too_many_calls", "slow down", **{"retry-after": "1"}))
    desk.press("Approve")
    desk.sees("by ben on")


def test_a_change_whose_answer_is_lost_is_made_once_when_it_is_sent_again(desk: Desk) -> None:
    desk.begin("ben")
    desk.open("/invoices/SKY-US-2013-000010")
    desk.page.get_by_text("The customer disputes something").click()
    form = desk.page.get_by_role("region", name="Dispute")
    form.get_by_label("To be answered by").fill("2013-03-31")
    form.get_by_label("Reason").fill("they count fewer flights")
    desk.stack.lost.append(ConnectionResetError())
    before = len(desk.world.dispute_book.of_account(INC, "WN"))
    form.get_by_role("button", name="Note the dispute").click()
    desk.sees("the API does not answer")
    assert form.get_by_label("Reason").input_value() == "they count fewer flights"
    form.get_by_role("button", name="Note the dispute").click()
    desk.sees("Noted as dispute")
    assert len(desk.world.dispute_book.of_account(INC, "WN")) == before + 1


def test_two_clicks_on_a_button_are_one_change(desk: Desk) -> None:
    desk.begin("ben")
    desk.open("/work/" + CASE)
    desk.page.get_by_label("Comment").fill("asked sales")
    desk.page.get_by_role("button", name="Add note").evaluate("(button) => { button.click(); button.click(); }")
    desk.sees("Noted.")
    assert len(desk.world.exception_store.notes(CASE)) == 1


def test_who_comes_second_is_told_who_decided(desk: Desk) -> None:
    desk.begin("ben")
    desk.open("/work/" + CASE)
    desk.page.get_by_label("Why (it is kept in the audit chain)").fill("I think it is right")
    assert desk.world.decide(CASE, "rejected", "ana", "the price is wrong").outcome == "decided"
    desk.press("Approve")
    desk.sees("rejected by ana at")


def test_a_session_that_ends_asks_for_the_name_above_the_page_and_what_was_typed_is_still_there(desk: Desk) -> None:
    desk.begin("ben")
    desk.open("/work/" + CASE)
    reason = desk.page.get_by_label("Why (it is kept in the audit chain)")
    reason.fill("agreed with the customer")
    desk.page.context.clear_cookies()
    desk.press("Approve")
    desk.sees("Your session is over.")
    desk.page.get_by_label("Name").fill("ben")
    desk.page.get_by_role("button", name="Sign in", exact=True).click()
    desk.page.get_by_label("Name").wait_for(state="detached")
    assert reason.input_value() == "agreed with the customer"
    desk.press("Approve")
    desk.sees("by ben on")


@pytest.mark.parametrize(
    "path", ["/%E0%A4%A/x", "/skymeter-inc/2013-01/nonsense/%", "/nobody/2013-01/month", "/skymeter-inc/13-13"]
)
def test_an_address_that_makes_no_sense_shows_a_page_all_the_same(path: str, desk: Desk) -> None:
    desk.begin("ben")
    desk.page.goto(desk.address + path)
    desk.page.get_by_role("navigation").wait_for()
    desk.page.get_by_role("heading", level=1).wait_for()


def rows_of(start: int) -> ConsoleAnswer:
    """A page of two hundred of 2,500 invoices, as the API answers it."""
    numbers = range(start, min(start + 200, 2_500))
    amounts = {"currency": "USD", "net": "1.00", "tax": "0.00", "gross": "1.00", "findings": 0}
    rows = [
        {"invoice": f"i.{n}", "number": f"N-{n:05}", "account": f"A{n}", "status": "posted", "sent": "yes", **amounts}
        for n in numbers
    ]
    body = json.dumps({"items": rows, "next": str(start + 200) if start + 200 < 2_500 else None}).encode()
    return ConsoleAnswer(200, {"content-type": "application/json"}, body)


def test_thousands_of_invoices_are_shown_page_by_page_and_what_is_not_shown_is_opened_by_its_number(desk: Desk) -> None:
    starts: list[str] = []

    def answered(request: ConsoleRequest) -> ConsoleAnswer | None:
        url = urlsplit(request.target)
        if url.path != "/v1/invoices":
            return None
        starts.append(dict(parse_qsl(url.query)).get("cursor", "0"))
        return rows_of(int(starts[-1]))

    desk.stack.instead = answered
    desk.begin("ben")
    desk.open("/invoices")
    desk.sees("200 shown")
    assert starts == ["0"]
    desk.page.get_by_label("Number or customer").fill("N-02499")
    desk.sees("It looks through the 200 that are shown")
    assert (
        desk.page.get_by_role("link", name="Open N-02499").get_attribute("href")
        == "/skymeter-inc/2013-01/invoices/N-02499"
    )
    desk.page.get_by_label("Number or customer").fill("")
    for number in range(400, 2_600, 200):
        desk.press("Show more")
        desk.sees(f"{number} shown")
    desk.press("Show more")
    desk.sees("2500 shown")
    assert desk.page.get_by_role("button", name="Show more").count() == 0
    assert starts == [str(start) for start in range(0, 2_500, 200)]
    numbers = desk.page.locator("tbody th").all_inner_texts()
    assert numbers == sorted(numbers)


def test_a_legal_entity_that_is_not_ones_own_is_not_there_whatever_the_address_says(desk: Desk) -> None:
    policy = desk.world.directory.policy(EUROPE)
    without_carla = tuple(person for person in policy.people if person.id != "carla")
    desk.world.adopt(policy.model_copy(update={"version": policy.version + 1, "people": without_carla}))
    desk.world.access._read_at = None
    desk.sign_in("carla")
    desk.sees("skymeter-inc-2013-01-001")
    for page in ("month", "cash", "work", "invoices/SKY-DE-2013-000001"):
        desk.page.goto(f"{desk.address}/skymeter-europe/2013-01/{page}")
        desk.page.get_by_role("heading", level=1).wait_for()
        assert "skymeter-europe" not in desk.page.url
        assert desk.page.get_by_text("EUR").count() == 0
