"""What happens in the months after: families, gaps in the usage, replays of the bus."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from billproof.adapters.aws.clients import client
from billproof.usage import log
from billproof_ops import billing
from billproof_ops.target import Target
from billproof_ops.waiting import until
from tests.support.chain import DRAIN_SECONDS, INC, drained, run_command, send, settled
from tests.support.world import flight

pytestmark = pytest.mark.long


def test_a_family_is_billed_on_one_invoice_in_its_own_currency(billed: Target) -> None:
    march = "2013-03"
    like = billed.ports.directory.account("EV")
    terms = billed.ports.directory.contracts("EV")[-1].model_dump(mode="json")
    assert like is not None
    (charge,) = terms["charges"]
    tiers = [{"up_to": "2", "unit_price": "10"}, {"up_to": None, "unit_price": "1"}]
    since = {"start": "2013-03-01"}  # the months of the other tests are not to miss a rate
    pool = {**charge, "pooled": True, "price": {"model": "graduated", "tiers": tiers}}
    seat = {**charge, "id": "seat", "meter": None, "price": {"model": "flat", "amount": "0"}}
    rate = {
        "kind": "exchange_rate",
        "id": "EUR-USD",
        "day": "2013-03-28",
        "version": 1,
        "rate": "1.2805",
        "source": "ECB",
    }
    published = [
        like.model_copy(update={"id": "CHILD", "parent": "PARENT"}).model_dump(mode="json"),
        like.model_copy(update={"id": "PARENT"}).model_dump(mode="json"),
        {**terms, "id": "SEAT", "account": "CHILD", "currency": "EUR", "charges": [seat], "effective": since},
        {**terms, "id": "POOL", "account": "PARENT", "currency": "EUR", "charges": [pool], "effective": since},
        rate,
    ]
    send(billed, "ContractEventsQueueUrl", [json.dumps(each) for each in published])
    drained(billed, "ContractEventsQueueUrl")
    flown = [flight(1, account="PARENT", day="2013-03-05")]
    flown += [flight(number, account="CHILD", day="2013-03-06") for number in (2, 3)]
    send(billed, "UsageEventsQueueUrl", [json.dumps(flown)])
    drained(billed, "UsageEventsQueueUrl")
    run_id = billing.start_run(billed, INC, march, who="carla", only_accounts=["CHILD"]).run_id
    billing.wait_for_run(billed, run_id)
    released, invoice = billing.find_invoice(billed, f"{INC}.{march}.PARENT")
    assert invoice.totals.net.text == "21.00"  # 2 x 10 + 1 x 1, of both
    notes = [line.priced.explanation.note for line in invoice.lines if line.priced.account == "PARENT"]
    assert notes == ["3 events, pooled: PARENT 1, CHILD 2"]
    assert [str(invoice.totals.net), str(invoice.in_books.net)] == ["21.00 EUR", "26.89 USD"]
    settled(billed, INC, march)
    code, out, err = run_command("run", "prove", run_id)
    assert code == 0, out + err
    assert run_command("invoice", "show", released.number)[1].count("CHILD") >= 1


def test_a_run_with_a_gap_waits_is_planned_again_and_goes_on(billed: Target) -> None:
    february = "2013-02"
    total = {
        "specversion": "1.0",
        "id": "total-1",
        "source": "test/operations",
        "type": "billproof.control-total",
        "subject": "flights_handled",
        "time": "2013-02-05T17:00:00Z",
        "data": {"count": "2"},
    }
    flown = [flight(number, account="UA", day="2013-02-05") for number in (1, 2)]
    send(billed, "UsageEventsQueueUrl", [json.dumps([flown[0], total])])
    drained(billed, "UsageEventsQueueUrl")
    run_id = billing.start_run(billed, INC, february, who="carla").run_id
    case = f"{INC}.{february}._run.001-01"
    until(lambda: billed.ports.exception_store.last_token(case), what="the wait", timeout_seconds=DRAIN_SECONDS)
    code, out, _ = run_command("exceptions", "show", case)
    assert (code, "1 are missing" in out) == (0, True)
    send(billed, "UsageEventsQueueUrl", [json.dumps(flown[1])])
    drained(billed, "UsageEventsQueueUrl")
    code, out, _ = run_command("exceptions", "reject", case, "--as", "ana", "--reason", "the source sent it again")
    assert (code, "rejected by ana" in out) == (0, True)
    billing.wait_for_run(billed, run_id)
    statement = billing.run_report(billed, run_id)
    assert (statement.events.metered, statement.held) == (2, 0)


def test_a_window_of_the_bus_is_replayed_and_its_events_count_once(billed: Target) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    event = flight(77, account="WN", day="2013-02-06")
    entry = {"Source": "skymeter", "DetailType": "usage", "Detail": json.dumps(event)}
    client("events").put_events(Entries=[{**entry, "EventBusName": billed.outputs["UsageBusName"]}])
    objects = billed.ports.objects

    def copies() -> list[str]:
        keys = [key for key in objects.keys("usage/") if "day=2013-02-06" in key]
        return [row.received_at for key in keys for row in log.read_segment(objects, key) if row.id == event["id"]]

    until(lambda: copies() or None, what="the event from the bus", timeout_seconds=DRAIN_SECONDS)
    after = datetime.now(UTC) + timedelta(seconds=1)
    for times in (1, 2):  # a replay may be repeated
        code, out, err = run_command("replay", "--from", before.isoformat(), "--to", after.isoformat())
        assert (code, "usage-" in out) == (0, True), out + err
        until(lambda: True if len(copies()) > times else None, what="the replay", timeout_seconds=DRAIN_SECONDS)  # noqa: B023
    run_id = billing.start_run(billed, INC, "2013-02", who="carla", only_accounts=["WN"]).run_id
    billing.wait_for_run(billed, run_id)
    statement = billing.run_report(billed, run_id)
    counted = statement.events.metered + statement.events.late  # late, where a test before this one billed the month
    assert (statement.accounts, counted, statement.events.duplicate) == (1, 1, 2)
