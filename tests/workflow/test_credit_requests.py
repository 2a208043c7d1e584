"""Who may ask for a credit note, for how much, and what happens when two ask at once."""

from typing import Any

import pytest
from pydantic import ValidationError

from billproof.errors import Conflict, InvalidInput, NotFound
from billproof.invoicing.facts import InvoiceFacts
from tests.support.billed import UA, US, billed_january
from tests.support.world import EUROPE, INC, JANUARY, World

FEBRUARY = "2013-02"


@pytest.fixture
def world() -> World:
    return billed_january()


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"lines": [{"line": "nothing"}]}, "has no line of that name; its lines: platform"),
        ({"lines": [{"line": "platform:2013-01", "amount": "2500.01"}]}, "is more than the 2500.00 USD that are left"),
        ({"lines": [{"line": "flights:2013-01", "quantity": "4"}]}, "billed 3, not 4"),
    ],
)
def test_no_more_is_credited_than_is_left(world: World, terms: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        world.credit(UA, **terms)


@pytest.mark.parametrize(
    "terms",
    [
        {"lines": [{"line": "a"}, {"line": "a"}]},
        {"lines": [{"line": "a", "amount": "1", "quantity": "1"}]},
        {"lines": [{"line": "a", "amount": "0"}]},
        {"reason": "because"},
        {"reason": "uncollectible", "refund": True},
        {"note": ""},
    ],
)
def test_requests_that_make_no_sense_are_refused(world: World, terms: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        world.credit(UA, **terms)


def test_what_is_not_released_cannot_be_credited(world: World) -> None:
    credit = world.credit_and_approve(UA)
    for name in (f"{INC}.{FEBRUARY}.UA", credit.id):
        with pytest.raises(NotFound, match="is not released"):
            world.credit(name)


def test_the_requester_cannot_approve_and_a_limit_holds(world: World) -> None:
    world.publish_again_by("ben", INC)
    asked = world.credit(UA)
    refusals = [world.decide(asked.exception, "approved", person).refusal for person in ("ana", "carla", "nobody")]
    assert refusals == ["own_request", "over_limit", "unknown_person"]
    assert world.decide(asked.exception, "rejected", "carla").outcome == "decided"
    assert world.register.released(asked.document) is None
    again = world.credit_and_approve(UA, "C-2")
    assert again.id.endswith("~02")


def test_the_same_request_is_one_and_two_at_once_wait_for_one_another(world: World) -> None:
    asked = world.credit(UA)
    assert world.credit(UA) == asked
    with pytest.raises(InvalidInput, match="UA~01 still waits for a decision"):
        world.credit(UA, "C-2")
    assert list(world.exceptions.executions).count(next(reversed(world.exceptions.executions))) == 1


def test_an_id_is_of_one_request_only(world: World) -> None:
    world.credit(UA)
    with pytest.raises(Conflict, match="request C-1 was used for another request"):
        world.credit(UA, reason="goodwill")


def test_of_two_requests_at_the_same_moment_one_is_drafted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    put = world.objects.put

    def while_another_asks(key: str, data: bytes, *, content_type: str = "application/json") -> None:
        monkeypatch.undo()
        world.credit(UA, "C-2")
        put(key, data, content_type=content_type)

    monkeypatch.setattr(world.objects, "put", while_another_asks)
    with pytest.raises(InvalidInput, match="UA~01 still waits for a decision"):
        world.credit(UA, "C-1")
    requested = world.register.credits(UA)[0].request
    assert requested is not None
    assert requested.request == "C-2"


def test_nothing_more_is_credited_while_an_approved_one_is_on_its_way(world: World) -> None:
    asked = world.credit(UA)
    assert world.decide(asked.exception, "approved", "ben").outcome == "decided"
    with pytest.raises(InvalidInput, match="UA~01 still waits"):
        world.credit(UA, "C-2")
    world.apply(asked.exception)
    with pytest.raises(InvalidInput, match="nothing is left"):
        world.credit(UA, "C-2")


def test_a_request_that_died_before_anybody_heard_of_it_blocks_others_until_it_is_repeated(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(case: object) -> bool:
        raise TimeoutError(case)

    monkeypatch.setattr(world.exception_store, "open", die)
    with pytest.raises(TimeoutError):
        world.credit(UA)
    monkeypatch.undo()
    with pytest.raises(InvalidInput, match="UA~01 still waits"):
        world.credit(UA, "C-2")
    asked = world.credit(UA)
    assert world.exception_store.state(asked.exception).status == "open"


def test_a_credit_over_the_ratio_says_so_to_who_approves(world: World) -> None:
    world.credit(UA, lines=[{"line": "miles:2013-01"}])
    world.credit(US, "C-2")
    found = {state.opened.subject: [each.code for each in state.opened.findings] for state in states(world)}
    assert found == {"UA~01": ["credit_requested"], "US~01": ["credit_requested", "credit_ratio"]}


def states(world: World) -> list[Any]:
    mine = [*world.exception_store.of_period(INC, JANUARY), *world.exception_store.of_period(EUROPE, JANUARY)]
    return [state for state in mine if "~" in state.opened.subject]


def test_a_credit_note_that_is_released_while_another_is_asked_for_is_not_left_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = world.credit(UA)
    world.decide(asked.exception, "approved", "ben")
    credits_of = world.register.credits

    def while_the_first_is_released(invoice: str) -> list[InvoiceFacts]:
        monkeypatch.undo()
        known = credits_of(invoice)
        world.apply(asked.exception)
        return known

    monkeypatch.setattr(world.register, "credits", while_the_first_is_released)
    with pytest.raises(InvalidInput, match="UA~01 still waits"):
        world.credit(UA, "C-2")
    with pytest.raises(InvalidInput, match="nothing is left"):
        world.credit(UA, "C-2")
