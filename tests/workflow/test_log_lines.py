"""Nothing private reaches a log line or a refusal, and the lines about one document share a correlation id."""

import io
import json
import logging
import traceback
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from billproof.errors import BillproofError, ExternalServiceUnavailable, InternalError, InvalidInput
from billproof.logged import log_fields
from billproof.pipeline.artefacts import RUN_PLAN, Artefacts
from tests.support.api_events import answer as answered
from tests.support.api_events import api_event
from tests.support.faults import restore, snapshot
from tests.support.invoking import EVENTS, FILES, Context, billed_world, handler
from tests.support.world import INC, JANUARY, World, flight

pytestmark = pytest.mark.long

PRIVATE = "ap@ua.example, 12 Main St"
OF_HANDLERS = ("message taken", "message failed", "internal error")
STEPS = (
    "price_usage",
    "validate_pricing",
    "calculate_tax",
    "draft_invoices",
    "release_invoices",
    "raise_exceptions",
)


@pytest.fixture(scope="module")
def billed() -> World:
    return billed_world()


def with_private_text(document: Any) -> Iterator[Any]:
    """Yield a document with the private text in place of each value, one after the other, and as another key."""
    if isinstance(document, dict):
        yield {**document, PRIVATE: "1"}
        for name, value in document.items():
            yield from ({**document, name: changed} for changed in with_private_text(value))
    elif isinstance(document, list):
        for place, value in enumerate(document):
            yield from ([*document[:place], changed, *document[place + 1 :]] for changed in with_private_text(value))
    else:
        yield PRIVATE


def variants(event: Any) -> Iterator[Any]:
    """Yield an event with the private text at each place of it, or of each message that it brings."""
    records = event.get("Records") if isinstance(event, dict) else None
    if isinstance(event, dict) and "requestContext" in event and event.get("body"):
        with suppress(json.JSONDecodeError):
            asked = json.loads(event["body"])
            yield from ({**event, "body": json.dumps(changed)} for changed in with_private_text(asked))
    if records is None:
        yield from with_private_text(event)
        return
    for place, record in enumerate(records):
        try:
            bodies = [PRIVATE, *(json.dumps(body) for body in with_private_text(json.loads(record["body"])))]
        except json.JSONDecodeError:
            bodies = [PRIVATE]
        for body in bodies:
            yield {"Records": [*records[:place], {**record, "body": body}, *records[place + 1 :]]}


def refusal_of(body: str) -> str:
    """Return what a refusal says, without what it tells a sender of each of its own events; a page as it is."""
    if body.startswith("<!doctype html>"):
        return body
    return json.dumps({name: value for name, value in json.loads(body).items() if name != "events"})


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    lines = io.StringIO()
    for handler_of_logs in logging.getLogger("billproof").handlers:
        if isinstance(handler_of_logs, logging.StreamHandler):  # a recording of another module writes to a list
            monkeypatch.setattr(handler_of_logs, "stream", lines)
    return lines


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_field_of_an_event_brings_a_private_text_into_the_log(path: Path, billed: World, log: io.StringIO) -> None:
    kept = snapshot(billed)
    call = handler(path.parent.name)
    refusals: list[str] = []
    for event in variants(json.loads(path.read_text())):
        try:
            result = call(deepcopy(event), Context(), billed)
            refusals += [refusal_of(result["body"])] if result.get("statusCode", 200) >= 400 else []
        except InvalidInput as error:
            refusals.append(str(error))
        except (BillproofError, AttributeError, KeyError, TypeError):
            continue
    restore(billed, kept)
    assert PRIVATE not in log.getvalue()
    assert [refusal for refusal in refusals if PRIVATE in refusal] == []


def test_a_call_is_logged(billed: World, log: io.StringIO) -> None:
    path = next(path for path in FILES if path.name == "bad-poison-among-good-ones.json")
    handler(path.parent.name)(json.loads(path.read_text()), Context(), billed)
    assert "message failed" in log.getvalue()


def test_a_text_that_is_no_name_is_not_logged_under_a_name() -> None:
    token = "AQCEAAAAKgAAAAMAAAAA" * 20
    fields = {"run_id": PRIVATE, "exception": token, "invoice": "skymeter-inc.2013-01.UA~01", "outcome": "released"}
    assert log_fields(fields) == {"invoice": "skymeter-inc.2013-01.UA~01", "outcome": "released"}


def lines_of(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def messages(*bodies: str) -> dict[str, Any]:
    """Return an event of a queue; the ids of the messages are their places."""
    attributes = {"SenderId": "AIDAEXAMPLE", "SentTimestamp": "1359806400000"}
    records = [
        {"messageId": str(place), "body": body, "attributes": attributes, "eventSource": "aws:sqs"}
        for place, body in enumerate(bodies)
    ]
    return {"Records": records}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_line_has_a_correlation_id_and_a_step_its_name(path: Path, billed: World, log: io.StringIO) -> None:
    kept = snapshot(billed)
    event = json.loads(path.read_text())
    with suppress(BillproofError, KeyError):
        handler(path.parent.name)(event, Context(), billed)
    restore(billed, kept)
    lines = lines_of(log)
    assert lines != [] or path.name.startswith("bad")
    assert [line for line in lines if not line.get("correlation_id")] == []
    assert {line["message"] for line in lines} <= {path.parent.name, *OF_HANDLERS}


def test_the_lines_of_a_month_share_the_id_of_its_run_from_the_plan_to_the_delivery(log: io.StringIO) -> None:
    world = World()
    world.publish(world.directory.contracts("EV")[0].model_copy(update={"version": 2, "exclusions": ()}))
    world.ingest([flight(1, account="EV", type="flight.cancelled")])  # nobody says what it costs: EV is held
    run = world.start()
    terms = {"legal_entity": INC, "period": JANUARY, "requested_by": "carla", "only_accounts": ["UA", "EV"]}

    def call(function: str, event: dict[str, Any]) -> None:
        handler(function)(event, Context(), world)

    call("plan_billing_run", {"run_id": run, **terms})
    plan = Artefacts(world.objects).read(RUN_PLAN, run)
    for bucket in plan.buckets:
        call("aggregate_usage", {"run_id": run, "bucket": bucket})
    call("check_completeness", {"run_id": run})
    for batch, step in product(plan.batches, STEPS):
        call(step, {"run_id": run, "batch_id": batch})
    call("close_billing_run", {"run_id": run})
    case = f"{INC}.{JANUARY}.EV.001"
    call("await_decision", {"exception": case, "task_token": "t1"})
    call("decide_exception", api_event({"verdict": "approved", "reason": "confirmed"}, "ben", exception=case))
    call("apply_decision", {"exception": case})
    call("post_to_erp", messages(*world.postings.bodies))
    call("deliver_invoice", messages(*world.deliveries.bodies))
    lines = lines_of(log)
    assert {line["correlation_id"] for line in lines} == {run}
    taken = [line["invoice"] for line in lines if line["message"] == "message taken"]
    assert taken == [f"{INC}.{JANUARY}.UA", f"{INC}.{JANUARY}.EV"] * 2
    assert {line["message"] for line in lines} >= {"plan_billing_run", "aggregate_usage", *STEPS, "apply_decision"}


def test_the_lines_of_a_credit_note_share_its_id_from_the_request_to_the_delivery(
    billed: World, log: io.StringIO
) -> None:
    kept = snapshot(billed)
    asked = {"id": "C-9", "invoice": f"{INC}.{JANUARY}.WN", "reason": "service_level", "note": "two hours"}
    line = {"line": "platform:2013-01", "amount": "10.00"}
    answer = answered(handler("request_credit")(api_event({**asked, "lines": [line]}, "ana"), Context(), billed))
    decided = api_event({"verdict": "approved", "reason": "agreed"}, "ben", exception=answer["exception"])
    answered(handler("decide_exception")(decided, Context(), billed))
    handler("apply_decision")({"exception": answer["exception"]}, Context(), billed)
    handler("post_to_erp")(messages(billed.postings.bodies[-1]), Context(), billed)
    handler("deliver_invoice")(messages(billed.deliveries.bodies[-1]), Context(), billed)
    restore(billed, kept)
    assert [line["correlation_id"] for line in lines_of(log)] == [answer["document"]] * 5


def test_the_line_of_a_failed_message_names_its_invoice_and_no_line_that_of_another(
    billed: World, log: io.StringIO
) -> None:
    nobody, run = f"{INC}.{JANUARY}.ZZ", f"{INC}-{JANUARY}-001"
    bodies = (json.dumps({"invoice": nobody, "correlation_id": run}), "not json", json.dumps({"invoice": nobody}))
    handler("post_to_erp")(messages(*bodies), Context(), billed)
    told = [(line["message"], line["error"], line.get("invoice"), line["correlation_id"]) for line in lines_of(log)]
    assert told == [
        ("message failed", "not_found", nobody, run),
        ("message failed", "unreadable", None, "1"),
        ("message failed", "not_found", nobody, nobody),  # as messages were before they had a correlation id
    ]


def test_a_failed_step_is_logged_under_its_run(billed: World, log: io.StringIO) -> None:
    with pytest.raises(BillproofError) as raised:
        handler("price_usage")({"run_id": f"{INC}-{JANUARY}-001", "batch_id": "9999-0000"}, Context(), billed)
    lines = [(line["message"], line["error"], line["correlation_id"]) for line in lines_of(log)]
    assert lines == [("price_usage", raised.value.code, f"{INC}-{JANUARY}-001")]


def test_a_failed_message_of_usage_is_logged_under_its_own_id(
    billed: World, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ExternalServiceUnavailable("the bucket does not answer")

    event = json.loads((EVENTS / "ingest_usage" / "good-one-event.json").read_text())
    message = event["Records"][0]["messageId"]
    monkeypatch.setattr("tests.support.fakes.MemoryObjects.put", fail)
    assert handler("ingest_usage")(event, Context(), billed) == {"batchItemFailures": [{"itemIdentifier": message}]}
    taken, failed = lines_of(log)
    assert (taken["correlation_id"], taken["messages"]) == (Context.aws_request_id, [message])
    assert (failed["message"], failed["correlation_id"], failed["error"]) == (
        "message failed",
        message,
        ExternalServiceUnavailable.code,
    )


def test_the_exception_that_a_line_is_about_is_not_under_the_name_of_its_traceback() -> None:
    assert log_fields({"exception": f"{INC}.{JANUARY}.UA.001"}) == {"exception_id": f"{INC}.{JANUARY}.UA.001"}


def fails(*_: Any, **__: Any) -> Any:
    """Raise what a library may: an error that repeats what was sent, caused by one that does, too."""
    try:
        return {"one": 1}[PRIVATE]
    except KeyError as error:
        message = f"invalid literal: {PRIVATE}"
        raise ValueError(message) from error


def test_what_an_event_raises_is_logged_with_its_place_and_without_what_it_says(
    billed: World, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = json.loads((EVENTS / "ingest_usage" / "good-with-a-time-too-old.json").read_text())
    monkeypatch.setattr("billproof.usage.ingestion.check_event", fails)
    kept = snapshot(billed)
    handler("ingest_usage")(event, Context(), billed)
    restore(billed, kept)
    line = next(line for line in lines_of(log) if line["message"] == "internal error")
    assert (line["error"], "in _take_event" in line["exception"]) == ("ValueError", True)
    assert [name for name in ("KeyError", "ValueError") if name in line["exception"]] == ["KeyError", "ValueError"]
    assert PRIVATE not in log.getvalue()


def test_what_a_step_raises_leaves_it_without_what_it_says(
    billed: World, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.close_billing_run.app.close_billing_run", fails)
    with pytest.raises(InternalError) as raised:
        handler("close_billing_run")({"run_id": f"{INC}-{JANUARY}-001"}, Context(), billed)
    assert str(raised.value) == f"ValueError (trace={Context.aws_request_id})"
    assert PRIVATE not in "".join(traceback.format_exception(raised.value))
    (line,) = lines_of(log)
    assert (line["error"], "in fails" in line["exception"], PRIVATE in log.getvalue()) == ("ValueError", True, False)


def test_an_error_of_ours_is_logged_with_what_it_says(billed: World, log: io.StringIO) -> None:
    handler("post_to_erp")(messages(json.dumps({"invoice": f"{INC}.{JANUARY}.ZZ"})), Context(), billed)
    (line,) = lines_of(log)
    assert line["exception"].endswith(f"NotFound (not_found): invoice {INC}.{JANUARY}.ZZ is not released")
