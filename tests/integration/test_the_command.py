"""The command on a month that is billed: what it says, corrects, simulates and proves."""

import json
from datetime import UTC, datetime

import pytest

from billproof.adapters.aws.clients import client
from billproof.invoicing.delivery import pdf_key
from billproof_ops import billing
from billproof_ops.target import Target
from billproof_ops.waiting import until
from tests.support.chain import DRAIN_SECONDS, INC, JANUARY, drained, facts, run_command, send, settled
from tests.support.world import flight

WHY = ("--reason", "goodwill", "--note", "a week without data", "--as", "ana")


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
        (("run", "balance", f"{INC}-{JANUARY}-001", "--account", "NK"), 1, "there is no account that"),
        (("run", "redrive", f"{INC}-{JANUARY}-001"), 1, "only a failed run"),
        (("exceptions", "list", "-e", INC, "-p", JANUARY), 0, "nothing waits"),
        (("exceptions", "list", "-e", INC, "-p", JANUARY, "--all"), 0, "approved by ben"),
        (("exceptions", "show", f"{INC}.{JANUARY}.EV.001"), 0, "they flew again next day"),
        (("exceptions", "approve", f"{INC}.{JANUARY}.EV.001", "--as", "ana", "--reason", "me too"), 1, "refused"),
        (("exceptions", "redrive", f"{INC}.{JANUARY}.EV.001"), 1, "nothing to start again"),
        (("exceptions", "list", "-e", "skymeter-icn"), 1, "skymeter-inc"),
        (("invoice", "list", "-e", INC, "-p", "Jan"), 2, "not a calendar month"),
        (("exceptions", "show", "nonsense"), 1, "there is no exception 'nonsense'"),
        (("run", "status", "nobody-2013-01-001"), 1, "there is no run"),
        (("invoice", "show", "SKY-US-2013-999999"), 1, "no released invoice"),
        (("run", "start", "-e", INC, "-p", "2013", "--as", "carla"), 2, "not a calendar month"),
        (("run", "start", "-e", "nobody", "-p", JANUARY, "--as", "carla"), 1, "there is no legal entity 'nobody'"),
        (("local", "invoke", "nothing", "events/reconcile/good-everyone.json"), 2, "there is no function nothing"),
        (("local", "invoke", "reconcile", "nowhere.json"), 2, "cannot be read"),
        (("local", "invoke", "price_usage", "events/price_usage/bad-no-batch.json"), 1, "price_usage: batch_id"),
        (("invoice", "list"), 2, "name a legal entity"),
        (("replay", "--from", "yesterday", "--to", "today"), 2, "not a time with a time zone"),
        (("replay", "--from", "2013-01-05T17:00:00Z", "--to", "2013-01-05T17:00:00Z"), 2, "is empty"),
        (("run", "start", "-e", INC, "-p", "2999-01", "--as", "carla"), 2, "still accepts usage"),
        (("run", "start", "-e", INC, "-p", JANUARY, "--as", "Carla"), 1, "no person with this identity"),
        (("run", "start", "-e", INC, "-p", JANUARY), 1, "no person with this identity"),
        (("close", "2999-01", "-e", INC, "--as", "ana"), 2, "still accepts usage"),
        (("policy", "show", "-e", INC), 0, "in force since"),
        (("policy", "confirm", "-e", INC, "-v", "9", "--as", "ben"), 1, "no published policy"),
        (("invoice", "preview", "UA", "-p", JANUARY), 0, "net 6885.00 USD"),
        (("invoice", "preview", "NK", "-p", JANUARY), 1, "there is no account 'NK'"),
        (("simulate", "--contracts", "nowhere.json", "-e", INC, "-p", JANUARY), 2, "cannot be read"),
        (("invoice", "credit", "SKY-US-2013-000001", "--reason", "goodwill", "--note", "x", "--as", "ana"), 2, "note"),
        (("invoice", "credit", "SKY-US-2013-000001", "--from", "2013-02-01", *WHY), 2, "days.end"),
        (("balance", "UA", "-e", INC), 0, "UA has no balance"),
        (("balance", "NK", "-e", INC), 1, "there is no account 'NK'"),
        (("invoice", "retax", "SKY-US-2013-000001"), 0, "tax same"),
        (("contract", "history", "UA"), 0, "signed by sales@skymeter.example, received 20"),
        (("contract", "history", "NK"), 1, "there is no account 'NK'"),
        (("price", "nowhere.json"), 2, "cannot be read"),
        (("price", "--help"), 0, "A price request as JSON"),
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


def test_a_simulation_prices_changed_terms(billed: Target) -> None:
    code, out, err = run_command("simulate", "--contracts", "examples/terms.json", "-e", INC, "-p", JANUARY, "--json")
    assert (code, json.loads(out)["difference"]["amount"]) == (0, "-135"), out + err  # 1,200,000 x -0.0001125
    assert [each.version for each in billed.ports.directory.contracts("UA")] == [1]


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


def test_a_refused_event_is_resent_and_dismissed_as_often_as_one_likes(billed: Target) -> None:
    april = ("-e", INC, "-p", "2013-04", "--json")
    unknown = flight(4_001, account="UA", day="2013-04-05", type="flight.of-fancy")
    send(billed, "UsageEventsQueueUrl", [json.dumps([unknown])])
    drained(billed, "UsageEventsQueueUrl")
    (refused,) = json.loads(run_command("quarantine", "list", *april)[1])
    assert (refused["reason"], refused["place"], refused["state"]) == ("unknown_meter", "UA", "open")
    for _ in range(2):
        code, out, err = run_command("quarantine", "resend", refused["id"])
        assert (code, "1 sent again" in out) == (0, True), out + err
    drained(billed, "UsageEventsQueueUrl")
    for reason in ("a test of the source", "another reason"):  # what was resent and refused again is dismissed with it
        for row in json.loads(run_command("quarantine", "list", *april, "--all")[1]):
            code, out, err = run_command("quarantine", "dismiss", row["id"], "--as", "ana", "--reason", reason)
            assert (code, "dismissed by ana: a test of the source" in " ".join(out.split())) == (0, True), out + err
    assert json.loads(run_command("quarantine", "list", *april)[1]) == []
    assert not [key for key in billed.ports.objects.keys("usage/") if "day=2013-04-05" in key]


def test_json_output_is_json(billed: Target) -> None:
    for words in (("invoice", "list", "-e", INC, "-p", JANUARY), ("invoice", "show", f"{INC}.{JANUARY}.UA")):
        code, out, _ = run_command(*words, "--json")
        assert code == 0
        json.loads(out)
