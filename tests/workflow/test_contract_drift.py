"""Orders beside the contracts that are billed: a difference is found every night, with an amount, and not adopted."""

import json
from collections.abc import Iterator

import pytest

from billproof.crm.orders import CrmOrder
from billproof.crm.port import ListedOrder
from billproof.errors import InvalidInput
from billproof.money import Money
from billproof_ops.demo import story
from tests.support.crm import CrmWorld, mapping
from tests.support.crosswalks import crosswalk, merger, publish
from tests.support.world import INC, JANUARY

DECEMBER = "2012-12"
LISTING = json.dumps({"kind": "crm_listing", "system": "salesforce"})


def order(name: str = "1", *, fee: str = "2500", **changes: object) -> CrmOrder:
    line = {"number": "1", "product": "SKY-PLATFORM", "quantity": "1", "unit_price": fee, "total": fee}
    document = {
        "system": "salesforce",
        "id": name,
        "number": name,
        "created": "2012-12-18",
        "customer": "0015g00000UAAAAAA1",
        "status": "Activated",
        "currency": "USD",
        "start": "2013-01-01",
        "lines": [line],
    }
    return CrmOrder.model_validate({**document, **changes})


class MemoryCrm:
    """A CRM in memory."""

    def __init__(self, *orders: CrmOrder) -> None:
        self.orders = {one.id: one for one in orders}

    def put(self, changed: CrmOrder) -> None:
        self.orders[changed.id] = changed

    def order(self, order: str) -> CrmOrder | None:
        return self.orders.get(order)

    def orders_of(self, kind: str, records: tuple[str, ...]) -> tuple[str, ...]:
        assert kind == "Order"
        return records

    def probe(self) -> None: ...

    def listed(self) -> Iterator[ListedOrder]:
        for one in self.orders.values():
            yield ListedOrder(one.id, one.number)


class Night(CrmWorld):
    def hint(self, name: str = "1") -> None:
        self.take(json.dumps({"kind": "crm_hint", "system": "salesforce", "record_kind": "Order", "records": [name]}))

    def check_orders(self) -> int:
        listing = self.take(LISTING)
        return listing.drifted + sum(taken.drifted for taken in self.take_all())

    def found(self, period: str = DECEMBER) -> list[tuple[str, str, Money | None]]:
        states = self.exception_store.of_period(INC, period)
        return [(state.opened.findings[0].code, state.status, state.opened.amount) for state in states]


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


def drones(**changes: object) -> CrmOrder:
    """An order of a product that no mapping knows yet."""
    line = {"number": "1", "product": "SKY-DRONES", "quantity": "1", "unit_price": "700", "total": "700"}
    return order("9", lines=[line], **changes)


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


def test_an_order_that_waits_for_the_mapping_becomes_a_contract_by_itself_in_the_night_after_it_is_published(
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


def test_an_order_whose_wait_a_person_decided_is_not_adopted_by_the_night(world: Night, crm: MemoryCrm) -> None:
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
