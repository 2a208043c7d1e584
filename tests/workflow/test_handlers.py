"""Every file in events/ is invoked: good ones succeed, bad ones fail the way their caller can act on."""

import json
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.idempotency.persistence.dynamodb import DynamoDBPersistenceLayer
from moto import mock_aws

from billproof.adapters.aws.clients import client
from billproof.adapters.aws.idempotency import once
from billproof.composition import Composition, composition
from billproof.errors import BillproofError, InvalidInput, Unreadable
from billproof.handlers import InvoiceMessage, read_message, step
from billproof.pipeline.model import BatchRequest
from billproof.settings import Settings
from billproof.usage import log
from billproof.usage.model import Reason
from tests.support.invoking import EVENTS, FILES, FUNCTIONS, Context, billed_world, handler
from tests.support.world import World


@pytest.fixture(scope="module")
def billed() -> World:
    return billed_world()


def test_every_function_has_good_and_bad_events() -> None:
    for function in FUNCTIONS:
        kinds = {path.name.split("-")[0] for path in FILES if path.parent.name == function}
        assert kinds == {"good", "bad"}, function
    assert {path.parent.name for path in FILES} == set(FUNCTIONS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_event_is_invoked(path: Path, billed: World) -> None:
    event = json.loads(path.read_text())
    call = handler(path.parent.name)
    if path.name.startswith("good"):
        result = call(event, Context(), billed)
        assert result.get("batchItemFailures", []) == []
        assert result.get("statusCode", 200) in {200, 202}, result
        json.dumps(result)
        return
    try:
        result = call(event, Context(), billed)
    except (BillproofError, KeyError):
        return
    if "statusCode" in result:
        assert 400 <= result["statusCode"] < 500
        if path.parent.name == "serve_customer_page":  # a person reads what it answers
            assert result["headers"]["content-type"] == "text/html; charset=utf-8"
            return
        problem = json.loads(result["body"])
        assert result["headers"]["content-type"] == "application/problem+json"
        assert result["statusCode"] == problem["status"]
        return
    assert len(result["batchItemFailures"]) == 1


def test_the_sample_of_an_internal_error_is_quarantined_as_one_and_its_neighbour_is_stored(billed: World) -> None:
    event = json.loads((EVENTS / "ingest_usage" / "good-with-an-internal-error.json").read_text())
    assert handler("ingest_usage")(event, Context(), billed) == {"batchItemFailures": []}
    lines = list(log.read_quarantine(billed.objects, "2013-01-05"))
    assert [line.account for line in lines if line.reason == Reason.INTERNAL_ERROR] == ["QX"]
    rows = (row for key in billed.objects.keys("usage/") for row in log.read_segment(billed.objects, key))
    assert "2013-01-05:UA:internal-error-neighbour" in {row.id for row in rows}


def test_a_poison_message_comes_back_alone(billed: World) -> None:
    event = json.loads((EVENTS / "post_to_erp" / "bad-poison-among-good-ones.json").read_text())
    result = handler("post_to_erp")(event, Context(), billed)
    assert result == {"batchItemFailures": [{"itemIdentifier": "00000000-0000-4000-8000-000000000002"}]}


def test_a_batch_in_which_everything_fails_comes_back_whole(billed: World) -> None:
    event = json.loads((EVENTS / "post_to_erp" / "bad-not-released.json").read_text())
    assert len(handler("post_to_erp")(event, Context(), billed)["batchItemFailures"]) == 1


def test_a_message_that_nobody_can_read_is_delivered_again_at_once_and_one_that_may_be_taken_later_is_not() -> None:
    """Five tries of six minutes each would let whoever waits for an empty queue wait for half an hour."""
    world = World()
    records = json.loads((EVENTS / "sync_contract" / "good-meter.json").read_text())["Records"]
    meter = json.loads(records[0]["body"])
    account = {"kind": "account", "id": "A" * 900, "version": 1, "legal_entity": "skymeter-inc", "name": "too long"}
    other_terms = {**meter, "name": "other terms under a known version"}
    bodies = [meter, meter | {"id": "m" * 900}, account, "{", other_terms]
    event = {
        "Records": [
            {**records[0], "messageId": f"m{number}", "receiptHandle": f"h{number}", "body": text}
            for number, text in enumerate(body if isinstance(body, str) else json.dumps(body) for body in bodies)
        ]
    }
    result = handler("sync_contract")(event, Context(), world)
    assert [failed["itemIdentifier"] for failed in result["batchItemFailures"]] == ["m1", "m2", "m3", "m4"]
    assert world.delivered_at_once == [("contract-events", f"h{number}") for number in (1, 2, 3)]


def test_an_event_that_does_not_fit_says_what_is_wrong() -> None:
    @step(BatchRequest, name="take")
    def take(_request: BatchRequest, _ports: Composition) -> BatchRequest:
        raise AssertionError("it must not come this far")

    with pytest.raises(InvalidInput, match="batch_id: Field required"):
        take({"run_id": "r"}, Context())


def test_settings_say_what_is_missing_or_wrong() -> None:
    settings = Settings({"BUCKET_COUNT": "0", "BATCH_SIZE": "x", "DATA_BUCKET": "b", "BATCH_CONCURRENCY": "5"})
    assert (settings.data_bucket, settings.max_concurrency, settings.sender) == ("b", 5, None)
    for name in ("bucket_count", "batch_size", "contracts_table"):
        with pytest.raises(InvalidInput):
            getattr(settings, name)


def test_a_process_makes_its_ports_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "DATA_BUCKET",
        "CONTRACTS_TABLE",
        "INVOICES_TABLE",
        "LEDGER_TABLE",
        "RUNS_TABLE",
        "BILLING_RUN_ARN",
        "EXCEPTIONS_TABLE",
        "DECISIONS_TABLE",
        "INVOICE_EXCEPTION_ARN",
    ):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("POSTINGS_QUEUE_URL", "https://queue")
    monkeypatch.setenv("DELIVERIES_QUEUE_URL", "https://queue")
    client.cache_clear()
    ports = composition()
    assert ports is composition()
    names = ("objects", "directory", "register", "runs", "erps", "reference_data", "postings", "deliveries", "mailer")
    for name in (*names, "billing_runs", "exception_store", "exceptions", "tokens", "policies", "requests"):
        assert getattr(ports, name) is getattr(ports, name)
    assert ports.now().tzinfo is not None


@mock_aws
def test_two_deliveries_of_a_message_do_the_work_once() -> None:
    client.cache_clear()
    client("dynamodb").create_table(
        TableName="idempotency",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    worked: list[str] = []

    def work(message: dict[str, Any]) -> dict[str, Any]:
        worked.append(message["invoice"])
        if len(worked) == 1:
            raise InvalidInput("the first try fails")
        return {"done": message["invoice"]}

    store = DynamoDBPersistenceLayer(table_name="idempotency", key_attr="id", boto3_client=client("dynamodb"))
    guarded = once(work, prefix="test.v1", store=store, context=Context())  # type: ignore[arg-type] # as much of a context as powertools asks for
    with pytest.raises(InvalidInput):
        guarded(message={"invoice": "a"})
    assert [guarded(message={"invoice": "a"}) for _ in range(3)] == [{"done": "a"}] * 3
    assert worked == ["a", "a"]
    for to, ordinal in (("a@example.com", 1), ("a@example.com", 1), ("a@example.com", 2), ("b@example.com", 2)):
        guarded(message={"invoice": "a", "resend": {"to": to, "ordinal": ordinal}})
    assert worked == ["a"] * 5, "each sending again is a work of its own"
    client.cache_clear()


def test_half_a_surrogate_pair_is_refused_wherever_it_comes_from_outside() -> None:
    """JSON may carry it, and no key, table or message can hold it."""
    world, half = World(accounts={"UA"}), "\ud800"
    with pytest.raises(InvalidInput, match="half a surrogate pair"):
        handler("await_decision")({"exception": "skymeter-inc.2013-01.UA.001", "task_token": half}, Context(), world)
    for body in (f'{{"invoice": "{half}"}}', '{"invoice": "\\ud800"}'):
        with pytest.raises(Unreadable):
            read_message(body, InvoiceMessage)
    event = json.loads((EVENTS / "request_run" / "good-one-account.json").read_text())
    asked = event | {"body": json.dumps(json.loads(event["body"]) | {"period": half})}
    answer = handler("request_run")(asked, Context(), world)
    assert (answer["statusCode"], json.loads(answer["body"])["detail"]) == (400, "half a surrogate pair is no text")
