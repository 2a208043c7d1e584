"""Accounts that are alike wait for a person every morning, once; what was decided of them is remembered."""

from datetime import UTC, datetime

import pytest

from billproof.completeness import one_customer
from billproof.completeness.alike_accounts import SharedBy
from billproof.money import Money
from billproof.payments.matching.names import comparable_name, name_index
from tests.support.alike_accounts import compare, give
from tests.support.crosswalks import merger, publish
from tests.support.invoking import Context, handler
from tests.support.verifying import verified
from tests.support.world import EUROPE, INC, JANUARY, World, flight

TAX_NUMBER, NAME, _ = SharedBy
FEBRUARY = datetime(2013, 2, 5, 9, tzinfo=UTC)
APRIL = datetime(2013, 4, 5, 9, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    world = World(accounts={"UA", "VX", "DL"})
    world.moment = FEBRUARY
    return world


def states(world: World, entity: str = INC, period: str = JANUARY) -> list[tuple[str, str]]:
    return [
        (state.opened.findings[0].message, state.status)
        for state in world.exception_store.beginning(entity, period, "_pair-")
    ]


SAID = "UA (United Air Lines Inc.) and VX (Virgin America) have the tax number US123456789"


def test_accounts_with_one_tax_number_are_an_exception_once_and_those_with_none_are_not(world: World) -> None:
    assert compare(world).waiting == 0
    give(world, "UA", "VX")
    for _ in range(2):
        compared = compare(world)
        assert (compared.accounts, compared.waiting, compared.compared_by) == (3, 1, (TAX_NUMBER, NAME))
    assert states(world) == [(SAID, "open")]
    (state,) = world.exception_store.beginning(INC, JANUARY, "_pair-")
    (finding,) = state.opened.findings
    assert (finding.code, finding.account, finding.path) == ("accounts_with_one_tax_number", "UA", "VX")
    assert state.opened.amount is None  # nothing is billed of January yet
    assert len(world.exceptions.executions) == 1


def test_the_money_at_risk_is_the_smaller_of_what_both_were_billed_for_the_month(world: World) -> None:
    world.ingest([flight(1)])
    world.bill()
    billed = {name: world.register.released(f"{INC}.{JANUARY}.{name}") for name in ("UA", "VX")}
    amounts = [released.receivable.amount for released in billed.values() if released is not None]
    assert len(amounts) == 2
    assert amounts[0] != amounts[1]
    give(world, "UA", "VX")
    compare(world)
    (state,) = world.exception_store.beginning(INC, JANUARY, "_pair-")
    assert state.opened.amount == min(amounts, key=lambda money: money.amount)
    assert state.opened.amount == Money.of("319.92", "USD")  # VX: 8 seats at 39.99, no minutes; no tax in California


@pytest.mark.parametrize("verdict", ["approved", "rejected"])
def test_a_pair_that_a_person_decided_is_remembered_with_who_and_why_until_something_of_it_changes(
    verdict: str, world: World
) -> None:
    give(world, "UA", "VX")
    compare(world)
    (state,) = world.exception_store.beginning(INC, JANUARY, "_pair-")
    world.decide(state.opened.id, verdict, "ben", "two companies of one tax group")
    (decided,) = world.exception_store.beginning(INC, JANUARY, "_pair-")
    assert decided.decision is not None
    assert (decided.decision.decided_by, decided.decision.reason) == ("ben", "two companies of one tax group")
    assert decided.decision.decided_at[:10] == "2013-02-05"
    world.moment = APRIL
    assert compare(world).waiting == 0
    give(world, "VX", billing_email="invoices@vx.example")  # nothing that was compared
    assert compare(world).waiting == 0
    give(world, "VX", name="Virgin Atlantic")
    assert compare(world).waiting == 1
    assert states(world) == [(SAID, verdict)]
    assert states(world, period="2013-03") == [(SAID.replace("Virgin America", "Virgin Atlantic"), "open")]


def test_what_was_decided_of_a_pair_is_in_the_audit_chain(world: World) -> None:
    give(world, "UA", "VX")
    compare(world)
    (state,) = world.exception_store.beginning(INC, JANUARY, "_pair-")
    world.decide(state.opened.id, "approved", "ben", "two companies of one tax group")
    assert verified(world).holds
    (key,) = (key for key in world.records["decisions"].items if "_pair-" in key.sort and key.sort.endswith("decided"))
    del world.records["decisions"].items[key]
    assert not verified(world).holds


def test_a_pair_ends_by_itself_once_it_is_settled_and_comes_back_when_it_is_not(world: World) -> None:
    give(world, "UA", "VX")
    compare(world)
    give(world, "VX", vat_number="US-98-7654321")
    assert compare(world).waiting == 0
    assert states(world) == [(SAID, "superseded")]
    give(world, "VX")
    assert compare(world).waiting == 1
    assert states(world) == [(SAID, "superseded"), (SAID, "open")]
    publish(world, merger("VX", "UA", day="2013-01-01"))
    assert compare(world).waiting == 0
    assert states(world) == [(SAID, "superseded"), (SAID, "superseded")]


def test_an_exception_that_is_open_since_another_month_is_not_opened_twice(world: World) -> None:
    give(world, "UA", "VX")
    compare(world)
    world.moment = APRIL
    assert compare(world).waiting == 1
    assert (states(world), states(world, period="2013-03")) == ([(SAID, "open")], [])


def test_accounts_of_two_legal_entities_are_compared_too(world: World) -> None:
    give(world, "DL", "UA")
    assert compare(world).waiting == 1
    assert [status for _, status in states(world, EUROPE)] == ["open"]


def test_more_accounts_than_are_read_are_not_compared_and_that_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(world, "UA", "VX")
    monkeypatch.setattr(one_customer, "MOST_ACCOUNTS", 2)
    compared = compare(world)
    assert (compared.accounts, compared.waiting, compared.compared_by) == (0, 0, ())


def test_of_many_accounts_tax_numbers_alone_are_compared_and_what_waits_for_a_name_goes_on_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(world, "VX", name="United Airlines Inc", vat_number=None)
    compare(world)
    monkeypatch.setattr(one_customer, "MOST_NAMES", 2)
    compared = compare(world)
    assert (compared.waiting, compared.compared_by) == (0, (TAX_NUMBER,))
    assert [status for _, status in states(world)] == ["open"]


def test_accounts_whose_names_are_alike_are_decided_and_remembered_in_the_same_way(world: World) -> None:
    give(world, "VX", name="United Airlines Inc", vat_number=None)
    assert compare(world).waiting == 1
    (state,) = world.exception_store.beginning(INC, JANUARY, "_pair-")
    (finding,) = state.opened.findings
    assert finding.code == "accounts_with_one_name"
    assert finding.message == "UA (United Air Lines Inc.) and VX (United Airlines Inc) have names that are alike"
    world.decide(state.opened.id, "approved", "ben", "a franchise of that name")
    assert compare(world).waiting == 0
    give(world, "UA", "VX", name="United Airlines Inc")  # one tax number, too
    assert compare(world).waiting == 1


def test_two_letters_of_a_word_are_more_than_money_goes_by_and_not_more_than_people_look_at(world: World) -> None:
    give(world, "UA", name="Pacific International Logistics", vat_number=None)
    give(world, "VX", name="Pacific Intenatinal Logistics", vat_number=None)
    compare(world)
    said = "UA (Pacific International Logistics) and VX (Pacific Intenatinal Logistics) have names that are alike"
    assert states(world) == [(said, "open")]
    index = name_index((("VX", "Pacific International Logistics"),))
    assert not index.is_clearly("VX", comparable_name("Pacific Intenatinal Logistics"))


def test_a_crash_before_the_wait_began_is_made_good_the_next_morning(world: World) -> None:
    give(world, "UA", "VX")
    compare(world)
    world.exceptions.executions.clear()
    compare(world)
    assert len(world.exceptions.executions) == 1


def test_the_function_compares_the_accounts_every_morning(world: World) -> None:
    give(world, "UA", "VX")
    answer = handler("check_completeness")({}, Context(), world)
    assert answer["accounts"] == {"accounts": 3, "waiting": 1, "compared_by": ["tax_number", "name"]}
    assert len(states(world)) == 1
