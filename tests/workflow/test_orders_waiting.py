"""Orders that wait for the mapping, and orders of customers that a crosswalk names: whole contracts or none."""

import pytest

from billproof.crm.orders import CrmOrder
from billproof.money import Money
from billproof_ops.demo import story
from tests.support.crm import mapping
from tests.support.crm_nights import DECEMBER, MemoryCrm, Night, order
from tests.support.crosswalks import crosswalk, merger, publish
from tests.support.world import INC


@pytest.fixture
def crm() -> MemoryCrm:
    return MemoryCrm(order())


@pytest.fixture
def world(crm: MemoryCrm) -> Night:
    world = Night(crm)
    world.hint()
    return world


def drones() -> CrmOrder:
    """An order of a product that no mapping knows yet."""
    line = {"number": "1", "product": "SKY-DRONES", "quantity": "1", "unit_price": "700", "total": "700"}
    return order("9", lines=[line])


LACKING = {
    "product": (drones(), Money.of("700", "USD")),
    "price": (order("9", fee="-40"), Money.of("-40", "USD")),
    "currency": (order("9", currency="CHF"), Money.of("2500", "CHF")),
    "field": (order("9", fields=["Discount__c"]), Money.of("2500", "USD")),
    "customer": (order("9", customer="0015g00000NEWAAAA1"), Money.of("2500", "USD")),
}


@pytest.mark.parametrize("part", LACKING)
def test_an_order_that_lacks_anything_is_an_exception_of_its_kind_and_no_part_of_it_is_a_contract(
    part: str, world: Night, crm: MemoryCrm
) -> None:
    lacking, amount = LACKING[part]
    crm.put(lacking)
    world.hint("9")
    assert world.found() == [(f"contract_unmapped_{part}", "open", amount)]
    (state,) = world.exception_store.of_period(INC, DECEMBER)
    (finding,) = state.opened.findings
    assert finding.message.endswith("(mapping salesforce version 1)")
    assert "ask revenue-operations@skymeter.example" in finding.remedy
    assert finding.amount_at_risk == amount
    assert len(world.exceptions.executions) == 1
    assert [contract.id for contract in world.versions()] == ["sf-1"]


def test_an_order_that_waits_for_the_mapping_becomes_a_contract_by_itself_once_it_is_published(
    world: Night, crm: MemoryCrm
) -> None:
    crm.put(drones())
    world.hint("9")
    assert world.check_orders() == 0
    assert world.found() == [("contract_unmapped_product", "open", Money.of("700", "USD"))]
    known = mapping().model_dump(mode="json")["products"]
    world.publish(mapping(version=2, products=[*known, {**known[0], "code": "SKY-DRONES"}]))
    assert world.check_orders() == 0
    assert [contract.id for contract in world.versions()] == ["sf-1", "sf-9"]
    assert [status for _, status, _ in world.found()] == ["superseded"]


def test_an_order_that_waited_for_its_customer_ends_its_exception_at_the_legal_entity_of_the_mapping(
    world: Night, crm: MemoryCrm
) -> None:
    crm.put(order("9", customer="new", currency="EUR"))
    world.publish(mapping(version=2, currencies=["USD", "EUR"]))
    world.hint("9")
    assert [code for code, _, _ in world.found()] == ["contract_unmapped_customer"]
    europe = next(account for account in story.master_data().accounts if account.id == "DL")
    customers = [*mapping().model_dump(mode="json")["customers"], {"customer": "new", "account": "DL"}]
    world.publish(europe, mapping(version=3, currencies=["USD", "EUR"], customers=customers))
    assert world.check_orders() == 0
    assert [contract.id for contract in world.versions("DL")] == ["sf-9"]
    assert [status for _, status, _ in world.found()] == ["superseded"]


def test_an_order_whose_wait_a_person_decided_is_not_adopted_by_the_nightly_check(world: Night, crm: MemoryCrm) -> None:
    crm.put(drones())
    world.hint("9")
    (state,) = world.exception_store.of_period(INC, DECEMBER)
    world.decide(state.opened.id, "rejected", "ben", "sales takes it out of the order")
    known = mapping().model_dump(mode="json")["products"]
    world.publish(mapping(version=2, products=[*known, {**known[0], "code": "SKY-DRONES"}]))
    assert world.check_orders() == 1
    assert [contract.id for contract in world.versions()] == ["sf-1"]


CRM_ID = "0015g00000OLDAAAA1"


@pytest.mark.parametrize(("start", "account"), [("2013-02-28", "B6"), ("2013-03-01", "UA")])
def test_an_order_of_an_acquired_customer_goes_to_the_account_of_the_crosswalk_on_the_day_it_begins(
    start: str, account: str, world: Night, crm: MemoryCrm
) -> None:
    days = ("B6", "2013-01-01", "2013-03-01"), ("UA", "2013-03-01", None)
    publish(world, crosswalk(*days, ids=(CRM_ID,), system="salesforce", time_zone="America/New_York"))
    crm.put(order("9", customer=CRM_ID, start=start))
    world.hint("9")
    assert [
        contract.account for name in ("UA", "B6") for contract in world.versions(name) if contract.id == "sf-9"
    ] == [account]
    assert world.check_orders() == 0


def test_a_crosswalk_of_the_crm_counts_before_its_mapping_and_one_of_another_system_not_at_all(
    world: Night, crm: MemoryCrm
) -> None:
    (known,) = (customer.customer for customer in mapping().customers if customer.account == "UA")
    publish(world, crosswalk(("B6", "2013-01-01", None), ids=(known,)))
    crm.put(order("8", customer=known))
    world.hint("8")
    publish(world, crosswalk(("B6", "2013-02-01", None), ids=(known,), system="salesforce", id="moved"))
    crm.put(order("9", customer=known, start="2013-02-01"))
    world.hint("9")
    assert ([one.id for one in world.versions()], [one.id for one in world.versions("B6")]) == (
        ["sf-1", "sf-8"],
        ["sf-9"],
    )


def test_an_order_of_a_merged_account_goes_to_the_account_that_it_went_into(world: Night, crm: MemoryCrm) -> None:
    publish(world, merger("UA", "B6", day="2013-03-01"))
    crm.put(order("9", start="2013-04-01"))
    world.hint("9")
    assert [one.id for one in world.versions("B6")] == ["sf-9"]
    assert world.check_orders() == 0
    crm.orders.pop("9")
    assert world.check_orders() == 1  # B6 is looked at, too, though no customer of the mapping is B6's own


def test_a_merger_that_is_published_late_waits_until_the_contract_ends_at_the_account_of_before(
    world: Night, crm: MemoryCrm
) -> None:
    publish(world, merger("UA", "B6", day="2012-12-01"))
    world.hint()
    assert [code for code, _, _ in world.found()] == ["contract_unmapped_customer"]
    assert world.versions("B6") == []
