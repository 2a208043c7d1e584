"""Salesforce, as its documentation says: it pages, throttles, and tells twice, late, out of order, or not at all."""

import json
from decimal import Decimal
from typing import Any

import pytest

from billproof.adapters.crm_calls import CrmCalls
from billproof.adapters.http_calls import HttpSend
from billproof.adapters.salesforce.rest import SalesforceAccess, SalesforceCrm, connected
from billproof.crm.orders import CrmOrder
from billproof.errors import ExternalServiceUnavailable, InvalidInput, Unreadable
from billproof.money import Money
from tests.support.crm import CONTRACT, ORDER, CrmWorld, change_event, changed, document, mapping
from tests.support.salesforce_server import FakeSalesforce

OTHER = "8015g00000ORD02AA1"


def another(number: int) -> dict[str, Any]:
    """Return an order of a number, of the same customer and products."""
    order = changed(("order", "Id"), f"8015g00000ORD{number:02d}AA1")
    order["order"]["OrderNumber"] = f"{number:08d}"
    order["items"] = [{**item, "Id": f"8025g0{number:04d}{n:05d}AA1"} for n, item in enumerate(order["items"])]
    return order


def patient(salesforce: FakeSalesforce) -> tuple[SalesforceCrm, list[float]]:
    """Return the adapter, and how long it was told to wait."""
    waits: list[float] = []
    access = SalesforceAccess.model_validate_json(salesforce.secret)
    send = HttpSend(salesforce.address, service="Salesforce", seconds=60)
    return SalesforceCrm(access, CrmCalls("Salesforce", send, wait=waits.append)), waits


@pytest.fixture
def world(salesforce: FakeSalesforce) -> CrmWorld:
    salesforce.put(document())
    return CrmWorld(patient(salesforce)[0])


def order_read(crm: SalesforceCrm) -> CrmOrder:
    order = crm.order(ORDER)
    assert order is not None
    return order


def test_an_order_is_read_with_the_items_of_every_page(salesforce: FakeSalesforce) -> None:
    salesforce.put(document())
    order = order_read(patient(salesforce)[0])
    assert [line.number[-1] for line in order.lines] == ["1", "2", "3", "4", "5"]
    assert order.total == Decimal("3700.4125")  # a float would have been refused
    assert sum("/query/" in call for call in salesforce.calls) == 3  # two more pages of items, one of products


def test_an_order_that_is_not_there_is_none(salesforce: FakeSalesforce) -> None:
    assert patient(salesforce)[0].order(OTHER) is None


def test_salesforce_is_waited_for_as_long_as_it_asks(salesforce: FakeSalesforce) -> None:
    salesforce.put(document())
    crm, waits = patient(salesforce)
    salesforce.troubles = [(503, "3"), (429, "")]
    assert order_read(crm).number == "00000100"
    assert waits == [3.0, 1.0]


@pytest.mark.parametrize("troubles", [[(503, "600")], [(429, "1")] * 3, [(500, "")], [(403, "")]])
def test_a_message_goes_back_to_its_queue_where_salesforce_asks_for_more(
    salesforce: FakeSalesforce, troubles: list[tuple[int, str]]
) -> None:
    crm, waits = patient(salesforce)
    salesforce.troubles = troubles
    with pytest.raises(ExternalServiceUnavailable):
        crm.order(ORDER)
    assert sum(waits) < 5


def test_an_old_token_is_fetched_anew_once(salesforce: FakeSalesforce) -> None:
    salesforce.put(document())
    crm, _ = patient(salesforce)
    order_read(crm)
    salesforce.tokens += 1
    assert order_read(crm).number == "00000100"
    assert salesforce.tokens == 3


def test_a_secret_that_is_none_is_refused_without_being_shown() -> None:
    for secret in ("{}", "swordfish", '{"address": "x", "client_id": "a", "client_secret": 1, "swordfish": 1}'):
        with pytest.raises(InvalidInput, match="must be a JSON document") as refused:
            connected(secret)
        assert "swordfish" not in str(refused.value)


@pytest.mark.parametrize("record", ["", "8015g00000ORD01AA1' OR Id != '", "../Account/1", "8015g"])
def test_an_id_that_is_none_never_reaches_salesforce(salesforce: FakeSalesforce, record: str) -> None:
    with pytest.raises(Unreadable):
        patient(salesforce)[0].orders_of("OrderItem", (record,))
    assert salesforce.calls == []


def test_a_change_becomes_a_contract_and_a_repeated_one_nothing(world: CrmWorld) -> None:
    assert world.take(change_event(ORDER)).stored == 1
    for event in (change_event(ORDER), change_event(ORDER, key="0002-b"), change_event(ORDER, number=2)):
        assert world.take(event).stored == 0
    assert [(one.id, one.version) for one in world.versions()] == [(CONTRACT, 1)]
    receipt = world.directory.receipt(world.versions()[0])
    assert receipt is not None


@pytest.mark.parametrize("change", ["CREATE", "UNDELETE", "GAP_CREATE", "GAP_UPDATE"])
def test_an_event_that_tells_of_a_gap_is_a_hint_like_any_other(world: CrmWorld, change: str) -> None:
    assert world.take(change_event(ORDER, change=change)).stored == 1


def test_a_changed_item_is_a_change_of_its_order(world: CrmWorld, salesforce: FakeSalesforce) -> None:
    world.take(change_event(ORDER))
    salesforce.put(changed(("items", 0, "UnitPrice"), 0.5, changed(("items", 0, "TotalPrice"), 0.5)))
    items = [item["Id"] for item in document()["items"]]
    assert world.take(change_event(*items, kind="OrderItem")).orders == 1
    second = world.versions()[-1]
    assert (second.version, second.charges[1].price.model_dump()["unit_price"]) == (2, "0.0005")


def test_a_changed_contract_of_salesforce_is_a_change_of_its_orders(
    world: CrmWorld, salesforce: FakeSalesforce
) -> None:
    salesforce.put(changed(("order", "ContractId"), "8005g00000CONT1AA1"))
    assert world.take(change_event("8005g00000CONT1AA1", kind="Contract")).stored == 1


def test_a_change_of_anything_else_is_no_order(world: CrmWorld) -> None:
    assert world.take(change_event("0015g00000UAAAAAA1", kind="Account")).orders == 0


def test_events_that_come_late_and_out_of_order_end_in_what_the_order_is_now(
    world: CrmWorld, salesforce: FakeSalesforce
) -> None:
    first, second = change_event(ORDER, key="0001"), change_event(ORDER, key="0002")
    salesforce.put(changed(("order", "EndDate"), "2014-12-31"))
    assert (world.take(second).stored, world.take(first).stored) == (1, 0)
    (version,) = world.versions()
    assert str(version.effective.end) == "2015-01-01"


def test_an_overflow_looks_at_every_order(world: CrmWorld, salesforce: FakeSalesforce) -> None:
    for number in range(2, 24):
        salesforce.put(another(number))
    listing = world.take(change_event("000000000000000AAA", change="GAP_OVERFLOW"))
    assert (listing.orders, len(world.crm_events.bodies)) == (23, 2)
    assert sum(taken.stored for taken in world.take_all()) == 23


def test_a_platform_event_names_its_order(world: CrmWorld) -> None:
    envelope = json.loads(change_event(ORDER))
    payload = {"OrderId__c": ORDER, "CreatedDate": "2012-12-20T10:00:00Z"}
    event = {**envelope, "detail-type": "Order_Signed__e", "detail": {"payload": payload, "schemaId": "s", "id": "i"}}
    assert world.take(json.dumps(event)).stored == 1


@pytest.mark.parametrize("body", ["", "[]", '{"kind": "other"}', '{"source": "aws.partner/salesforce.com/x"}', "1"])
def test_what_is_no_event_is_unreadable(world: CrmWorld, body: str) -> None:
    with pytest.raises(Unreadable):
        world.take(body)


def test_one_order_in_trouble_does_not_stop_the_others(world: CrmWorld, salesforce: FakeSalesforce) -> None:
    broken = another(2)
    del broken["order"]["OrderNumber"]
    salesforce.put(broken)
    with pytest.raises(ExceptionGroup):
        world.take(change_event(OTHER, ORDER, "8015g00000ORD03AA1"))
    assert [one.id for one in world.versions()] == [CONTRACT]


def test_an_order_that_changes_while_it_is_read_is_read_again(salesforce: FakeSalesforce) -> None:
    """The second reading finds another order: what is stored is that one, and never the first."""
    salesforce.put(document())
    crm, _ = patient(salesforce)
    orders = [order_read(crm)]
    salesforce.put(changed(("order", "EndDate"), "2014-12-31"))

    class Changing(SalesforceCrm):
        def __init__(self) -> None:
            return

        def order(self, order: str) -> CrmOrder | None:
            return orders.pop() if orders else crm.order(order)

    world = CrmWorld(Changing())
    world.take(change_event(ORDER))
    (version,) = world.versions()
    assert str(version.effective.end) == "2015-01-01"


def test_two_calls_at_once_store_the_later_order_last(salesforce: FakeSalesforce) -> None:
    """The other call stores a version between the reading and the writing of this one."""
    salesforce.put(document())
    crm, _ = patient(salesforce)
    later = changed(("order", "EndDate"), "2014-12-31")
    calls: list[str] = []

    class Overtaken(SalesforceCrm):
        def __init__(self) -> None:
            return

        def order(self, order: str) -> CrmOrder | None:
            calls.append(order)
            before = crm.order(order)
            if len(calls) == 2:
                salesforce.put(later)
                other.take(change_event(ORDER))
            return before

    world, other = CrmWorld(Overtaken()), CrmWorld(crm)
    other.directory = world.directory
    world.take(change_event(ORDER))
    assert [(one.version, str(one.effective.end)) for one in world.versions()] == [(1, "2015-01-01")]


def test_the_mapping_asks_for_what_it_does_not_know_and_then_the_order_goes_on(
    world: CrmWorld, salesforce: FakeSalesforce
) -> None:
    salesforce.put(changed(("products", 1, "ProductCode"), "SKY-DRONES"))
    taken = world.take(change_event(ORDER))
    assert (taken.waiting, taken.stored, world.versions()) == (1, 0, [])
    (state,) = world.exception_store.of_period("skymeter-inc", "2012-12")
    (finding,) = state.opened.findings
    assert (finding.code, finding.amount_at_risk) == ("contract_unmapped_product", Money.of("0.41", "USD"))
    assert state.opened.amount == Money.of("3700.41", "USD")
    assert "'SKY-DRONES' is not known (mapping salesforce version 1)" in finding.message
    assert "revenue-operations@skymeter.example" in finding.remedy
    assert len(world.exceptions.executions) == 1
    known = mapping().model_dump(mode="json")["products"]
    drones = {**known[1], "code": "SKY-DRONES"}
    world.publish(mapping(version=2, products=[*known, drones]))
    assert world.take(change_event(ORDER)).stored == 1
    (state,) = world.exception_store.of_period("skymeter-inc", "2012-12")
    assert state.status == "superseded"
