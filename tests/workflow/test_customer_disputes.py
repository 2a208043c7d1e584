"""What a customer disputes on the page of a document: one dispute of it, or of each line, however often it is sent."""

from typing import Any

import pytest

from billproof.errors import ExternalServiceUnavailable
from billproof.money import Money
from billproof.receivables.disputes import DecidedDispute, DisputeVerdict
from functions.serve_customer_page.app import handler
from tests.support.balances import bill, events
from tests.support.cash import cash_world, receivables_of
from tests.support.customer_pages import CONTEXT, UA, call_event, get, linked, page_world, post, with_pages
from tests.support.world import INC, JANUARY, World


@pytest.fixture
def world() -> World:
    return page_world()


def disputes(world: World) -> list[Any]:
    return [state.opened for state in world.dispute_book.of_account(INC, "UA")]


def test_what_a_customer_disputes_is_one_dispute_however_often_it_is_sent(world: World) -> None:
    token = linked(world)
    for reason in ("we flew less than that", "we flew less than that", "and once more, with other words"):
        answer = post(world, token, reason=reason)
        assert (answer["statusCode"], answer["headers"]["location"]) == (303, f"/p/{token}#dispute")
    (opened,) = disputes(world)
    assert (opened.opened_by, opened.reason, opened.cause) == ("customer page", "we flew less than that", "quantity")
    item = receivables_of(world).item(UA)
    assert item is not None
    assert opened.amount == item.open
    page = get(world, token)["body"]
    assert "Disputed on" in page
    assert "<form" not in page


def test_each_line_has_a_dispute_of_its_own() -> None:
    world = with_pages(cash_world())
    world.ingest(events(30))
    assert bill(world, JANUARY) is not None
    token = linked(world)
    assert "The whole invoice" in get(world, token)["body"]
    post(world, token, line="0")
    assert "The whole invoice" not in get(world, token)["body"]
    for line in ("1", "0"):
        post(world, token, line=line)
    assert "<form" not in get(world, token)["body"]
    names = [line.priced.id for line in world.invoice(UA).lines]
    assert [opened.evidence.line for opened in disputes(world)] == names
    assert post(world, token)["statusCode"] == 409, "nothing is left to be disputed"


def test_what_was_decided_three_times_is_disputed_by_nobody_with_the_link_alone(world: World) -> None:
    """Otherwise who has the link is never reminded: each dispute that is rejected is opened again."""
    token = linked(world)
    for _ in range(3):
        assert post(world, token)["statusCode"] == 303
        opened = disputes(world)[-1]
        rejected = DecidedDispute(
            ordinal=opened.ordinal,
            verdict=DisputeVerdict.REJECTED,
            amount=Money.zero(opened.amount.currency),
            credit="",
            day=opened.opened_on,
            decided_by="ana",
            reason="it is as it was flown",
        )
        assert world.dispute_book.decide(INC, "UA", rejected, number=1)
    answer = post(world, token)
    assert (answer["statusCode"], len(disputes(world))) == (409, 3)
    assert 'role="alert"' in answer["body"]
    assert post(world, token, line="0")["statusCode"] == 303, "a line of it was never disputed"


def test_two_that_are_sent_at_once_are_one(world: World) -> None:
    """Both look before either is kept: the second one's place is taken, and it is refused as more than is open."""
    token = linked(world)
    book, keep = world.dispute_book, world.dispute_book.open
    others: list[str] = ["other"]

    def open_late(entity: str, account: str, dispute: Any) -> bool:
        if others:
            others.clear()
            post(world, token, reason="the one that was faster")
        return keep(entity, account, dispute)

    book.open = open_late  # type: ignore[method-assign]
    assert post(world, token)["statusCode"] == 303
    assert [opened.reason for opened in disputes(world)] == ["the one that was faster"]


def test_a_dispute_whose_answer_was_lost_is_sent_again_and_is_the_same(world: World) -> None:
    token = linked(world)
    book, keep = world.dispute_book, world.dispute_book.open

    def kept_and_lost(entity: str, account: str, dispute: Any) -> bool:
        keep(entity, account, dispute)
        message = "the store did not answer"
        raise ExternalServiceUnavailable(message)

    book.open = kept_and_lost  # type: ignore[method-assign]
    assert post(world, token)["statusCode"] == 503
    book.open = keep  # type: ignore[method-assign]
    assert post(world, token)["statusCode"] == 303
    assert len(disputes(world)) == 1


@pytest.mark.parametrize(
    "form",
    [
        {"cause": "nothing"},
        {"cause": ""},
        {"line": "99"},
        {"line": "-1"},
        {"line": "0x0"},
        {"reason": ""},
        {"reason": "no"},
        {"reason": "x" * 501},
    ],
)
def test_a_form_that_says_too_little_says_so_and_keeps_what_was_written(world: World, form: dict[str, str]) -> None:
    token = linked(world)
    answer = post(world, token, **form)
    assert answer["statusCode"] == 422
    assert 'role="alert"' in answer["body"]
    assert disputes(world) == []


def test_what_a_customer_writes_is_text_and_no_markup(world: World) -> None:
    token = linked(world)
    answer = post(world, token, cause="x", reason="<script>alert(1)</script>\r\nsecond line")
    assert "<script>" not in answer["body"]
    assert "&lt;script&gt;" in answer["body"]
    post(world, token, reason="<b>we</b>\r\nflew less")
    assert [opened.reason for opened in disputes(world)] == ["<b>we</b> flew less"]


@pytest.mark.parametrize("body", ["x" * 9_000, "a=1&" * 50, "%ff%fe=1"])
def test_a_body_that_is_no_form_is_refused(world: World, body: str) -> None:
    token = linked(world)
    answer = handler({**call_event(f"/p/{token}/disputes", "POST"), "body": body}, CONTEXT, world)
    assert answer["statusCode"] in {400, 413}
    assert disputes(world) == []
