"""Queues, schedules and workflows for real, in the order in which a month happens."""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from billproof.adapters.aws.clients import client
from billproof.invoicing.delivery import pdf_key
from billproof.invoicing.facts import InvoiceFacts
from billproof.usage import log
from billproof_ops import billing, dead_letters, exceptions
from billproof_ops.errors import OpsError
from billproof_ops.paths import ROOT
from billproof_ops.target import Target
from billproof_ops.waiting import until
from tests.integration.conftest import DRAIN_SECONDS, FLIGHTS, drained, send
from tests.support.world import flight

INC, EUROPE, JANUARY = "skymeter-inc", "skymeter-europe", "2013-01"


def facts(target: Target, entity: str = INC) -> dict[str, InvoiceFacts]:
    return {each.account: each for each in target.ports.register.of_period(entity, JANUARY)}


def settled(target: Target, entity: str) -> None:
    def look() -> bool | None:
        found = facts(target, entity).values()
        return True if all(each.status.value == "posted" and each.is_delivered for each in found) else None

    until(look, what="posting and delivering", timeout_seconds=DRAIN_SECONDS)


@pytest.fixture(scope="module")
def billed(loaded: Target) -> Target:
    for entity in (EUROPE, INC):
        billing.wait_for_run(loaded, billing.start_run(loaded, entity, JANUARY, requested_by="carla").run_id)
    case = f"{INC}.{JANUARY}.EV.001"
    until(lambda: loaded.ports.exception_store.last_token(case), what="the wait", timeout_seconds=DRAIN_SECONDS)
    answer = exceptions.decide(loaded, case, "approved", decided_by="ben", reason="they flew again next day")
    assert answer.outcome == "decided"
    (state,) = exceptions.exceptions_of(loaded, INC, JANUARY, all_of_them=True)
    until(lambda: exceptions.release_of(state, loaded), what="the release", timeout_seconds=DRAIN_SECONDS)
    for entity in (EUROPE, INC):
        settled(loaded, entity)
    return loaded


def run_command(*words: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "billproof_ops", *words], capture_output=True, text=True, check=False, cwd=ROOT
    )
    return done.returncode, done.stdout, done.stderr


def test_every_event_is_in_the_log_or_in_quarantine(loaded: Target) -> None:
    objects = loaded.ports.objects
    rows = [row for key in objects.keys("usage/") for row in log.read_segment(objects, key)]
    assert len({row.id for row in rows}) == len({event["id"] for event in FLIGHTS})
    (broken,) = log.read_quarantine(objects, log.UNKNOWN_DAY)
    assert (broken.reason, broken.raw) == ("unparsable_json", '{"specversion": ')


def test_every_invoice_is_released_posted_and_delivered(billed: Target) -> None:
    inc, europe = facts(billed), facts(billed, EUROPE)
    assert (len(inc), len(europe)) == (13, 3)
    assert billed.ports.register.series(INC, 2013) == [
        each.released.invoice
        for each in sorted(inc.values(), key=lambda each: each.released.number if each.released else "")
        if each.released
    ]
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
    assert statement.quarantined_unattributed == 1


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
    started = billing.start_run(billed, INC, JANUARY, requested_by="carla")
    billing.wait_for_run(billed, started.run_id)
    statement = billing.run_report(billed, started.run_id)
    assert (statement.released, statement.already_released, statement.changed_after_release) == (0, 13, 0)
    assert statement.events.duplicate == 300
    assert facts(billed) == before


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
        run_id = billing.start_run(billed, EUROPE, february, requested_by="carla").run_id
        with pytest.raises(OpsError, match="failed"):
            billing.wait_for_run(billed, run_id)
    finally:
        functions.delete_function_concurrency(FunctionName=function)
    missing = json.loads(billed.ports.objects.get(f"runs/{run_id}/maps/missing.json"))
    assert {item["run_id"] for item in missing} == {run_id}
    code, out, err = run_command("run", "redrive", run_id)
    assert code == 0, out + err
    last = billing.last_run(billed, EUROPE, february)
    billing.wait_for_run(billed, last)
    assert billing.run_report(billed, last).released >= 1


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
    code, out, err = run_command("run", "redrive", run_id)
    assert (code, "redriven" in out or f"{EUROPE}-2013-03-001 started instead" in out) == (0, True), out + err
    if "started instead" in out:
        billing.wait_for_run(billed, f"{EUROPE}-2013-03-001")


def test_a_scheduled_call_that_fails_every_time_is_kept_and_called_again_by_the_command(billed: Target) -> None:
    event = {"legal_entity": "nobody", "month": JANUARY}
    client("lambda").invoke(
        FunctionName=billed.outputs["RecognizeRevenueName"], InvocationType="Event", Payload=json.dumps(event).encode()
    )

    def failed() -> list[dead_letters.DeadLetter] | None:
        return dead_letters.peek(billed, "scheduled-calls", limit=10) or None

    (letter,) = until(failed, what="the failed call", timeout_seconds=DRAIN_SECONDS)
    assert json.loads(letter.body)["requestPayload"] == event
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


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("invoice", "list", "-e", INC, "-p", JANUARY), 0, "SKY-US-2013-000001"),
        (("invoice", "show", "SKY-US-2013-000001"), 0, "half_up"),
        (("run", "status", f"{INC}-{JANUARY}-001"), 0, "SUCCEEDED"),
        (("run", "report", f"{INC}-{JANUARY}-001"), 0, "released"),
        (("run", "prove", f"{INC}-{JANUARY}-001"), 0, "proved"),
        (("invoice", "prove", "SKY-US-2013-000001"), 0, "1 documents"),
        (("invoice", "prove", f"{INC}.{JANUARY}.B6", "--events"), 0, "2013-02-01T04:30:00.000000Z"),
        (("run", "balance", f"{INC}-{JANUARY}-001"), 0, "receivables posted"),
        (("run", "balance", f"{INC}-{JANUARY}-001", "--account", "UA"), 0, "6,885.00"),
        (("run", "balance", f"{INC}-{JANUARY}-001", "--account", "NK"), 1, "did not bill NK"),
        (("run", "redrive", f"{INC}-{JANUARY}-001"), 1, "only a failed run"),
        (("exceptions", "list", "-e", INC, "-p", JANUARY), 0, "nothing waits"),
        (("exceptions", "list", "-e", INC, "-p", JANUARY, "--all"), 0, "approved by ben"),
        (("exceptions", "show", f"{INC}.{JANUARY}.EV.001"), 0, "they flew again next day"),
        (("exceptions", "approve", f"{INC}.{JANUARY}.EV.001", "--as", "ana", "--reason", "me too"), 1, "refused"),
        (("exceptions", "redrive", f"{INC}.{JANUARY}.EV.001"), 1, "nothing to start again"),
        (("exceptions", "show", "nonsense"), 1, "is not an exception's id"),
        (("run", "status", "nobody-2013-01-001"), 1, "there is no run"),
        (("invoice", "show", "SKY-US-2013-999999"), 1, "no released invoice"),
        (("run", "start", "-e", INC, "-p", "2013"), 2, "not a calendar month"),
        (("run", "start", "-e", "nobody", "-p", JANUARY), 1, "no legal entity nobody"),
        (("local", "invoke", "nothing", "events/reconcile/good-everyone.json"), 2, "there is no function nothing"),
        (("local", "invoke", "reconcile", "nowhere.json"), 2, "cannot be read"),
        (("invoice", "list"), 2, "Missing option"),
        (("replay", "--from", "yesterday", "--to", "today"), 2, "not a time with a zone"),
        (("replay", "--from", "2013-01-05T17:00:00Z", "--to", "2013-01-05T17:00:00Z"), 2, "is empty"),
        (("run", "start", "-e", INC, "-p", "2999-01"), 2, "still accepts usage"),
        (("invoice", "preview", "UA", "-p", JANUARY), 0, "net 6885.00 USD"),
        (("invoice", "preview", "NK", "-p", JANUARY), 1, "there is no account NK"),
        (("simulate", "--contracts", "nowhere.json", "-e", INC, "-p", JANUARY), 2, "cannot be read"),
        (("invoice", "credit", "SKY-US-2013-000001", "--reason", "goodwill", "--note", "x", "--as", "ana"), 2, "note"),
        (("invoice", "retax", "SKY-US-2013-000001"), 0, "tax same"),
        (("contract", "history", "UA"), 0, "signed by sales@skymeter.example, received 20"),
        (("contract", "history", "NK"), 1, "account NK has no contract"),
        (("price", "nowhere.json"), 2, "cannot be read"),
        (("price", "--help"), 0, "Price one charge"),
    ],
)
def test_the_command_says_what_it_did_or_what_is_wrong(
    words: tuple[str, ...], code: int, said: str, billed: Target
) -> None:
    found, out, err = run_command(*words)
    assert (found, said in out + err) == (code, True), out + err


def test_a_credit_note_goes_out_when_somebody_else_has_approved_it(billed: Target) -> None:
    united = facts(billed)["UA"].released
    assert united is not None
    words = ("--line", "platform:2013-02=500", "--reason", "service_level", "--note", "two hours without data")
    code, out, err = run_command("invoice", "credit", united.number, *words, "--as", "ana")
    case = f"{INC}.{JANUARY}.UA~01.001"
    assert (code, case in out) == (0, True), out + err
    until(lambda: billed.ports.exception_store.last_token(case), what="the wait", timeout_seconds=DRAIN_SECONDS)
    assert run_command("exceptions", "approve", case, "--as", "ana", "--reason", "my own")[0] == 1
    assert run_command("exceptions", "approve", case, "--as", "ben", "--reason", "they were right")[0] == 0
    document = f"{INC}.{JANUARY}.UA~01"
    until(lambda: billed.ports.register.released(document), what="the release", timeout_seconds=DRAIN_SECONDS)
    settled(billed, INC)
    released, credit = billing.find_invoice(billed, "SKY-US-CN-" + str(datetime.now(UTC).year) + "-000001")
    assert (released.invoice, credit.totals.gross.text, credit.corrects) == (document, "-500.00", united.number)
    assert billed.ports.objects.get(pdf_key(released)).startswith(b"%PDF")
    code, out, _ = run_command("run", "balance", f"{INC}-{JANUARY}-001", "--account", "UA")
    assert (code, "credited or written off" in out) == (0, True)


def test_a_simulation_prices_changed_terms(billed: Target, tmp_path: Path) -> None:
    contract = billed.ports.directory.contracts("UA")[-1].model_dump(mode="json")
    for charge in contract["charges"]:
        if charge["id"] == "miles":
            charge["price"]["unit_price"] = "0.001"
    file = tmp_path / "terms.json"
    file.write_text(json.dumps({**contract, "version": 2}))
    code, out, err = run_command("simulate", "--contracts", str(file), "-e", INC, "-p", JANUARY, "--json")
    assert (code, json.loads(out)["difference"]["amount"]) == (0, "705"), out + err  # 1,200,000 x 0.0005875
    assert [each.version for each in billed.ports.directory.contracts("UA")] == [1]


def test_a_family_is_billed_on_one_invoice_in_its_own_currency(billed: Target) -> None:
    march = "2013-03"
    like = billed.ports.directory.account("EV")
    terms = billed.ports.directory.contracts("EV")[-1].model_dump(mode="json")
    assert like is not None
    (charge,) = terms["charges"]
    tiers = [{"up_to": "2", "unit_price": "10"}, {"up_to": None, "unit_price": "1"}]
    since = {"start": "2013-03-01"}  # the months of the other tests are not to miss a rate
    pool = {**charge, "pooled": True, "price": {"model": "graduated", "tiers": tiers}}
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
        {**terms, "id": "POOL", "account": "PARENT", "currency": "EUR", "charges": [pool], "effective": since},
        rate,
    ]
    send(billed, "ContractEventsQueueUrl", [json.dumps(each) for each in published])
    drained(billed, "ContractEventsQueueUrl")
    flown = [flight(1, account="PARENT", day="2013-03-05")]
    flown += [flight(number, account="CHILD", day="2013-03-06") for number in (2, 3)]
    send(billed, "UsageEventsQueueUrl", [json.dumps(flown)])
    drained(billed, "UsageEventsQueueUrl")
    run_id = billing.start_run(billed, INC, march, requested_by="carla", only_accounts=["CHILD"]).run_id
    billing.wait_for_run(billed, run_id)
    released, invoice = billing.find_invoice(billed, f"{INC}.{march}.PARENT")
    assert invoice.totals.net.text == "21.00"  # 2 x 10 + 1 x 1, of both
    assert [line.priced.explanation.note for line in invoice.lines] == ["3 events, pooled: PARENT 1, CHILD 2"]
    assert [str(invoice.totals.net), str(invoice.in_books.net)] == ["21.00 EUR", "26.89 USD"]
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
    run_id = billing.start_run(billed, INC, february, requested_by="carla").run_id
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
    code, out, err = run_command("replay", "--from", before.isoformat(), "--to", after.isoformat())
    assert (code, "usage-" in out) == (0, True), out + err
    until(lambda: copies() if len(copies()) > 1 else None, what="the replay", timeout_seconds=DRAIN_SECONDS)
    run_id = billing.start_run(billed, INC, "2013-02", requested_by="carla", only_accounts=["WN"]).run_id
    billing.wait_for_run(billed, run_id)
    statement = billing.run_report(billed, run_id)
    assert (statement.accounts, statement.events.late, statement.events.duplicate) == (1, 1, 1)


def test_a_proof_fails_when_a_contract_is_changed_by_hand(billed: Target) -> None:
    database, table = client("dynamodb"), billed.outputs["ContractsTableName"]
    key = {"partition": {"S": "account#UA"}, "sort": {"S": "contract#UA-2013#v000001"}}
    stored = database.get_item(TableName=table, Key=key)["Item"]
    document = {**stored["document"]["M"], "signed_by": {"S": "somebody@else.example"}}
    database.put_item(TableName=table, Item={**stored, "document": {"M": document}})
    try:
        code, out, _ = run_command("run", "prove", f"{INC}-{JANUARY}-001")
    finally:
        database.put_item(TableName=table, Item=stored)
    assert (code, "terms_changed" in out, "UA-2013" in out) == (1, True, True)


def test_json_output_is_json(billed: Target) -> None:
    for words in (("invoice", "list", "-e", INC, "-p", JANUARY), ("invoice", "show", f"{INC}.{JANUARY}.UA")):
        code, out, _ = run_command(*words, "--json")
        assert code == 0
        json.loads(out)


# Last, since they write into the log and plan the run anew: events of 2013 that come after the run could be either.
GOOD = sorted(ROOT.glob("events/*/good-*.json"))


@pytest.mark.parametrize("path", GOOD, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_good_event_succeeds_on_the_deployed_function(path: Any, billed: Target) -> None:
    code, out, err = run_command("local", "invoke", path.parent.name, str(path))
    assert code == 0, out + err
    assert json.loads(out).get("batchItemFailures", []) == []
