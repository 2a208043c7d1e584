"""Queues, schedules and workflows for real, in the order in which a month happens."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from billproof.adapters.aws.clients import client
from billproof.invoicing.delivery import pdf_key
from billproof.usage import log
from billproof.usage.keys import UNKNOWN_DAY
from billproof_ops import billing, dead_letters, quarantine, queues
from billproof_ops.errors import OpsError
from billproof_ops.target import Target
from billproof_ops.waiting import until
from tests.support.chain import DRAIN_SECONDS, EUROPE, FLIGHTS, INC, JANUARY, OVER_HTTP, facts, run_command, send


def test_every_event_is_in_the_log_or_in_quarantine(loaded: Target) -> None:
    objects = loaded.ports.objects
    rows = [row for key in objects.keys("usage/") for row in log.read_segment(objects, key)]
    others = {row.id for row in rows} ^ {event["id"] for event in FLIGHTS}
    assert others <= {OVER_HTTP}, "of a month that nobody bills"
    (broken,) = log.read_quarantine(objects, UNKNOWN_DAY)
    assert (broken.reason, broken.raw) == ("unparsable_json", '{"specversion": ')


def test_every_invoice_is_released_posted_and_delivered(billed: Target) -> None:
    inc, europe = facts(billed), facts(billed, EUROPE)
    assert (len(inc), len(europe)) == (13, 3)
    approved = inc["EV"].released
    assert approved is not None  # issued on the day of its approval, in the series of that year
    numbered = [*billed.ports.register.series(INC, 2013), *billed.ports.register.series(INC, approved.issue_date.year)]
    assert numbered == [
        each.released.invoice
        for each in sorted(inc.values(), key=lambda each: each.released.number if each.released else "")
        if each.released
    ]
    assert numbered[-1] == approved.invoice
    for each in (*inc.values(), *europe.values()):
        assert each.released is not None
        assert billed.ports.objects.get(pdf_key(each.released)).startswith(b"%PDF")


def test_the_amounts_are_those_of_the_contracts(billed: Target) -> None:
    united, delta = facts(billed)["UA"].released, facts(billed, EUROPE)["DL"].released
    assert united is not None
    assert delta is not None
    # 2 x 2500 + 1000 x 1.20 + 200 x 0.95 + 1,200,000 miles x 0.0004125
    assert united.document.totals.net.text == "6885.00"
    # 2 x 2200 + (600,500 - 500,000) minutes x 0.004
    assert delta.document.totals.net.text == "4802.00"


def test_the_statement_counts_every_event(billed: Target) -> None:
    statement = billing.run_report(billed, f"{INC}-{JANUARY}-001")
    assert (statement.released, statement.held) == (12, 1)
    assert [finding.code for finding in statement.findings] == ["unpriced_meter"]
    assert (statement.events.metered, statement.events.excluded) == (1_201, 10)
    assert statement.quarantined_unattributed == 0  # the broken message says no time: it is of the month it came in


def test_what_says_no_time_belongs_to_the_month_in_which_it_came(billed: Target) -> None:
    now = datetime.now(UTC)
    months = {f"{now - timedelta(days=1):%Y-%m}", f"{now:%Y-%m}"}  # its zone is behind, or the month has just begun
    rows = [row for month in months for row in quarantine.rows(billed, EUROPE, month, all_of_them=True).rows]
    assert [(row.reason, row.kind, row.state) for row in rows] == [("unparsable_json", "unattributed", "open")]


def test_invoices_and_ledger_agree(billed: Target) -> None:
    machine = billed.machine("ReconciliationArn")
    name = f"test-{time.time_ns()}"
    machine.start(name=name, document={"legal_entity": INC, "period": JANUARY})
    found = until(
        lambda: each if (each := machine.describe(name)) and each["status"] != "RUNNING" else None,
        what="reconciliation",
        timeout_seconds=DRAIN_SECONDS,
    )
    assert (found["status"], json.loads(found["output"])["outcome"]) == ("SUCCEEDED", "balanced")


def test_sending_everything_again_changes_nothing(billed: Target) -> None:
    before = facts(billed)
    send(billed, "UsageEventsQueueUrl", [json.dumps(FLIGHTS[:300])])
    until(
        lambda: True if billed.queue_depth("UsageEventsQueueUrl") == 0 else None,
        what="ingesting",
        timeout_seconds=DRAIN_SECONDS,
    )
    started = billing.start_run(billed, INC, JANUARY, who="carla")
    billing.wait_for_run(billed, started.run_id)
    statement = billing.run_report(billed, started.run_id)
    assert (statement.released, statement.already_released, statement.changed_after_release) == (0, 13, 0)
    assert statement.events.duplicate == 300
    assert facts(billed) == before


def test_a_message_that_fails_is_said_before_and_after_it_is_dead(billed: Target) -> None:
    """What cannot be read is dead in seconds, or still tried when it is looked at: who waits hears of it either way."""
    assert queues.STALLED_SECONDS < 30
    send(billed, "ContractEventsQueueUrl", ["poison", "{}"])
    with pytest.raises(OpsError, match=r"messages? of ContractEvents fail"):
        queues.wait_until_empty(billed, "ContractEventsQueueUrl", what="loading", timeout_seconds=DRAIN_SECONDS)
    client("sqs").purge_queue(QueueUrl=billed.outputs["ContractEventsQueueUrl"])


def test_a_poison_message_ends_in_the_dead_letter_queue_and_is_redriven_by_the_command(billed: Target) -> None:
    queue = billed.outputs["ErpPostingsQueueUrl"]
    sqs = client("sqs")
    names = ["VisibilityTimeout"]
    visibility = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})

    def dead() -> list[dead_letters.DeadLetter] | None:
        return dead_letters.peek(billed, "erp-postings", limit=10) or None

    try:
        send(billed, "ErpPostingsQueueUrl", ["poison", json.dumps({"invoice": f"{INC}.{JANUARY}.UA"})])
        received = until(dead, what="the dead letter", timeout_seconds=DRAIN_SECONDS)
        assert [letter.body for letter in received] == ["poison"]
        code, out, err = run_command("dlq", "redrive", "erp-postings", "--contains", "poison")
        assert (code, "1 sent again" in out) == (0, True), out + err
        received = until(dead, what="the dead letter again", timeout_seconds=DRAIN_SECONDS)
        assert [letter.body for letter in received] == ["poison"]
    finally:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes=visibility)
    code, out, _ = run_command("dlq", "list")
    assert (code, "erp-postings" in out) == (0, True)


def test_a_run_whose_batches_fail_tries_them_again_then_fails_and_the_next_attempt_ends(billed: Target) -> None:
    february, function = "2013-02", billed.outputs["DraftInvoicesName"]
    functions = client("lambda")
    functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    try:
        run_id = billing.start_run(billed, EUROPE, february, who="carla").run_id
        with pytest.raises(OpsError, match="failed"):
            billing.wait_for_run(billed, run_id)
    finally:
        functions.delete_function_concurrency(FunctionName=function)
    missing = json.loads(billed.ports.objects.get(f"runs/{run_id}/maps/missing.json"))
    assert {item["run_id"] for item in missing} == {run_id}
    code, out, err = run_command("run", "redrive", run_id, "--as", "carla")
    assert code == 0, out + err
    last = billing.last_run(billed, EUROPE, february)
    billing.wait_for_run(billed, last)
    assert billing.run_report(billed, last).released >= 1
    before = [facts.id for facts in billed.ports.register.of_period(EUROPE, february)]
    code, out, err = run_command("run", "redrive", run_id, "--as", "carla")  # the run stays failed
    assert code == 0, out + err
    billing.wait_for_run(billed, billing.last_run(billed, EUROPE, february))
    assert [facts.id for facts in billed.ports.register.of_period(EUROPE, february)] == before


def test_a_failed_run_is_redriven_or_the_next_one_is_started(billed: Target) -> None:
    machine = billed.machine("BillingRunArn")
    run_id = f"{EUROPE}-2013-03-901"
    document = {"run_id": run_id, "legal_entity": "nobody", "period": "2013-03"}
    machine.start(name=run_id, document={**document, "requested_by": "carla", "only_accounts": []})
    until(
        lambda: True if machine.status(run_id) == "FAILED" else None,
        what="the failure",
        timeout_seconds=DRAIN_SECONDS,
    )
    code, out, err = run_command("run", "redrive", run_id, "--as", "carla")
    assert (code, "redriven" in out or f"{EUROPE}-2013-03-001 started instead" in out) == (0, True), out + err
    if "started instead" in out:
        billing.wait_for_run(billed, f"{EUROPE}-2013-03-001")


def test_a_dead_letter_says_why_it_failed(billed: Target) -> None:
    (letter,) = dead_letters.peek(billed, "erp-postings", limit=10, contains="poison")
    assert letter.failure is not None
    assert (letter.failure.function, letter.failure.error) == (billed.outputs["PostToErpName"], "unreadable")
    assert len(letter.failure.request_id) == len("00000000-0000-0000-0000-000000000000")


def test_a_scheduled_call_that_fails_every_time_is_kept_and_called_again_by_the_command(billed: Target) -> None:
    event = {"legal_entity": "nobody", "month": JANUARY}
    client("lambda").invoke(
        FunctionName=billed.outputs["RecognizeRevenueName"], InvocationType="Event", Payload=json.dumps(event).encode()
    )

    def failed() -> list[dead_letters.DeadLetter] | None:
        return dead_letters.peek(billed, "scheduled-calls", limit=10) or None

    (letter,) = until(failed, what="the failed call", timeout_seconds=DRAIN_SECONDS)
    assert json.loads(letter.body)["requestPayload"] == event
    assert letter.failure is not None
    assert (letter.failure.function, "nobody" in letter.failure.error) == (
        billed.outputs["RecognizeRevenueName"],
        True,
    )
    code, out, err = run_command("dlq", "redrive", "scheduled-calls")
    assert (code, "1 sent again" in out) == (0, True), out + err
    (again,) = until(failed, what="the call that failed again", timeout_seconds=DRAIN_SECONDS)
    assert (again.message_id != letter.message_id, json.loads(again.body)["requestPayload"]) == (True, event)


def test_a_schedule_really_starts_its_workflow(billed: Target) -> None:
    scheduler = client("scheduler")
    machine = billed.outputs["ReconciliationArn"]
    scheduled = [
        scheduler.get_schedule(Name=each["Name"])["Target"] for each in scheduler.list_schedules()["Schedules"]
    ]
    target = next(each for each in scheduled if each["Arn"] == machine)
    states = client("stepfunctions")
    before = len(states.list_executions(stateMachineArn=machine)["executions"])
    moment = (datetime.now(UTC) + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%S")
    scheduler.create_schedule(
        Name=f"once-{time.time_ns()}",
        ScheduleExpression=f"at({moment})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": target["Arn"], "RoleArn": target["RoleArn"], "Input": "{}"},
    )
    until(
        lambda: True if len(states.list_executions(stateMachineArn=machine)["executions"]) > before else None,
        what="the schedule",
        timeout_seconds=DRAIN_SECONDS,
    )
