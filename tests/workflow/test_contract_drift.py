"""Orders beside the contracts that are billed: a difference is found every night, with an amount, and not adopted."""

import pytest

from billproof.errors import InvalidInput
from billproof.money import Money
from tests.support.crm import mapping
from tests.support.crm_nights import DECEMBER, LISTING, MemoryCrm, Night, order
from tests.support.world import INC, JANUARY


@pytest.fixture
def crm() -> MemoryCrm:
    return MemoryCrm(order())


@pytest.fixture
def world(crm: MemoryCrm) -> Night:
    world = Night(crm)
    world.hint()
    return world


def test_a_check_that_finds_no_difference_writes_nothing(world: Night) -> None:
    before = dict(world.records["contracts"].items), dict(world.records["exceptions"].items)
    assert world.check_orders() == 0
    assert (dict(world.records["contracts"].items), dict(world.records["exceptions"].items)) == before


def test_a_change_that_no_event_told_is_found_with_what_it_comes_to_and_not_adopted(
    world: Night, crm: MemoryCrm
) -> None:
    crm.put(order(fee="2800"))
    assert world.check_orders() == 1
    assert world.found() == [("contract_drift", "open", Money.of("300", "USD"))]
    assert len(world.versions()) == 1
    assert world.check_orders() == 1  # the next night says so again, and raises nothing twice
    assert len(world.found()) == 1
    world.hint()  # what billproof contract sync sends
    assert [one.version for one in world.versions()] == [1, 2]
    assert world.found() == [("contract_drift", "superseded", Money.of("300", "USD"))]
    assert world.check_orders() == 0


def test_another_difference_is_another_exception_and_takes_the_place_of_the_first(world: Night, crm: MemoryCrm) -> None:
    for fee in ("2800", "2900"):
        crm.put(order(fee=fee))
        world.check_orders()
    amounts = [(status, str(amount)) for _, status, amount in world.found()]
    assert amounts == [("superseded", "300.00 USD"), ("open", "400.00 USD")]
    crm.put(order())
    world.check_orders()
    assert [status for _, status, _ in world.found()] == ["superseded", "superseded"]


def test_a_difference_that_a_person_approved_is_not_raised_again_and_another_one_is(
    world: Night, crm: MemoryCrm
) -> None:
    crm.put(order(fee="2800"))
    world.check_orders()
    (state,) = world.exception_store.of_period(INC, DECEMBER)
    world.decide(state.opened.id, "approved", "ben", "the old price holds until July")
    assert world.check_orders() == 0
    assert [status for _, status, _ in world.found()] == ["approved"]
    crm.put(order(fee="2900"))
    assert world.check_orders() == 1
    assert [status for _, status, _ in world.found()] == ["approved", "open"]


def test_a_difference_holds_the_invoice_until_it_is_settled(world: Night, crm: MemoryCrm) -> None:
    crm.put(order(fee="2800"))
    world.check_orders()
    findings = [finding.code for finding in world.bill(INC).findings]
    assert "contract_drift" in findings


def test_a_contract_that_no_order_stands_behind_is_found(world: Night, crm: MemoryCrm) -> None:
    crm.orders.clear()
    assert world.check_orders() == 1
    assert world.found(JANUARY) == [("contract_drift", "open", Money.of("2500", "USD"))]
    crm.put(order())
    world.check_orders()
    assert [status for _, status, _ in world.found(JANUARY)] == ["superseded"]


def test_an_order_that_was_never_told_of_is_found(world: Night, crm: MemoryCrm) -> None:
    crm.put(order("2", fee="40"))
    assert world.check_orders() == 1
    assert world.found() == [("contract_drift", "open", Money.of("40", "USD"))]
    assert len(world.versions()) == 1


def test_an_order_that_is_withdrawn_waits_with_what_is_billed_of_it(world: Night, crm: MemoryCrm) -> None:
    crm.put(order(status="Draft"))
    world.hint()
    assert world.found() == [("contract_drift", "open", Money.of("2500", "USD"))]


def test_a_difference_of_usage_has_no_amount_so_nobody_with_a_limit_answers_for_it(
    world: Night, crm: MemoryCrm
) -> None:
    line = {"number": "2", "product": "SKY-MILES", "quantity": "1", "unit_price": "0.5", "total": "0.5"}
    crm.put(order(lines=[line]))
    world.check_orders()
    assert world.found() == [("contract_drift", "open", None)]


def test_an_order_of_an_account_that_is_not_published_waits_for_the_customer(crm: MemoryCrm) -> None:
    known = [*mapping().model_dump(mode="json")["customers"], {"customer": "new", "account": "ZZ"}]
    world = Night(crm, publish=mapping(customers=known))
    crm.put(order(customer="new"))
    world.hint()
    assert world.found() == [("contract_unmapped_customer", "open", Money.of("2500", "USD"))]


def test_a_crash_before_the_wait_began_is_made_good_by_the_next_delivery(crm: MemoryCrm) -> None:
    world = Night(crm)
    crm.put(order(customer="nobody"))
    world.hint()
    world.exceptions.executions.clear()  # the exception was kept, and its workflow never started
    world.hint()
    assert len(world.exceptions.executions) == 1
    assert len(world.found()) == 1


def test_a_crash_after_a_version_was_kept_is_made_good_by_the_next_delivery(world: Night, crm: MemoryCrm) -> None:
    crm.put(order(fee="2800"))
    world.check_orders()
    fails = iter([True])
    kept = world.exception_store.supersede

    def supersede(decision: object) -> bool:
        if next(fails, False):
            message = "killed"
            raise RuntimeError(message)
        return kept(decision)  # type: ignore[arg-type]

    world.exception_store.supersede = supersede  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="killed"):
        world.hint()
    assert len(world.versions()) == 2
    world.hint()
    assert (len(world.versions()), [status for _, status, _ in world.found()]) == (2, ["superseded"])


def test_an_order_that_goes_over_to_another_customer_waits_until_the_first_is_billed_no_more(
    world: Night, crm: MemoryCrm
) -> None:
    """Its contract would be billed to both."""
    before = {name: world.directory.contracts(name) for name in ("UA", "B6")}
    (other,) = (customer.customer for customer in mapping().customers if customer.account == "B6")
    crm.put(order(customer=other))
    world.hint()
    assert [code for code, _, _ in world.found()] == ["contract_unmapped_customer"]
    assert {name: world.directory.contracts(name) for name in ("UA", "B6")} == before


@pytest.mark.parametrize("message", [LISTING, LISTING.replace("salesforce", "hubspot")])
def test_a_crm_without_a_mapping_or_a_secret_is_refused(crm: MemoryCrm, message: str) -> None:
    world = Night(crm, publish=mapping(id="other"))
    with pytest.raises(InvalidInput, match=r"has no mapping|is not set up"):
        world.take(message)
