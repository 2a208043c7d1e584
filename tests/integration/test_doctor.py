"""`billproof doctor` on set-ups that are broken on purpose, one by one; each is put right again."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from billproof.adapters.aws.clients import client
from billproof_ops import cli, dead_letters
from billproof_ops.doctor import CHECKS, Health
from billproof_ops.local.stack import PARAMETERS
from billproof_ops.target import Target
from billproof_ops.waiting import until
from tests.support.chain import DRAIN_SECONDS


def bad(what: str, target: Target) -> list[str]:
    return [f"{each.said} {each.remedy}" for each in CHECKS[what](target) if each.health is Health.BAD]


def test_nothing_is_wrong_with_a_stack_that_bills(loaded: Target) -> None:
    assert {name: bad(name, loaded) for name in CHECKS} == {name: [] for name in CHECKS}
    answer = CliRunner().invoke(cli.app, ["doctor"])
    assert (answer.exit_code, "answers, you are arn:aws:iam" in answer.output) == (0, True), answer.output


def test_a_stack_of_an_earlier_version_lacks_outputs(loaded: Target) -> None:
    earlier = {name: value for name, value in loaded.outputs.items() if name != "AuditTableName"}
    (said,) = bad("outputs", replace(loaded, outputs=earlier))
    assert "AuditTableName" in said


def test_a_store_that_is_gone_is_named(loaded: Target) -> None:
    gone = {**loaded.outputs, "LedgerTableName": "no-such-table", "DataBucketName": "no-such-bucket"}
    said = " ".join(bad("stores", replace(loaded, outputs=gone)))
    assert "LedgerTableName no-such-table" in said
    assert "DataBucketName no-such-bucket" in said


@contextmanager
def switched_off(function: str) -> Iterator[None]:
    functions = client("lambda")
    (mapping,) = functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        yield
    finally:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
        until(lambda: _is_on(mapping["UUID"]), what="the mapping", timeout_seconds=DRAIN_SECONDS)


def _is_on(mapping: str) -> bool | None:
    return client("lambda").get_event_source_mapping(UUID=mapping)["State"] == "Enabled" or None


def test_a_consumer_that_is_switched_off_is_named(loaded: Target) -> None:
    function = loaded.outputs["RecordDeliveryEventName"]
    with switched_off(function):
        (said,) = bad("consumers", loaded)
        assert function in said
        assert CliRunner().invoke(cli.app, ["doctor"]).exit_code == 1
    assert bad("consumers", loaded) == []


def test_dead_letters_are_counted(loaded: Target) -> None:
    dead = dead_letters.pair_of(loaded, "delivery-events").dead
    client("sqs").send_message(QueueUrl=dead, MessageBody="{}")
    (said,) = bad("dead letters", loaded)
    assert "delivery-events has 1 dead letters billproof dlq peek delivery-events" in said
    (letter,) = dead_letters.peek(loaded, "delivery-events", limit=9)
    dead_letters.discard(loaded, "delivery-events", letter.message_id, who="ben", reason="sent by a test")
    assert bad("dead letters", loaded) == []


def test_a_sender_that_is_not_verified_is_named(loaded: Target) -> None:
    sender = PARAMETERS["SenderAddress"]
    client("ses").delete_identity(Identity=sender)
    try:
        (said,) = bad("mail", loaded)
        assert sender in said
    finally:
        client("ses").verify_email_identity(EmailAddress=sender)
    assert bad("mail", loaded) == []


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "http://nowhere.invalid"])
def test_an_endpoint_that_does_not_answer_is_said(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client.cache_clear()
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    try:
        answer = CliRunner().invoke(cli.app, ["doctor"])
        assert answer.exit_code == 1
        assert "Could not connect to the endpoint" in " ".join(answer.output.split())
    finally:
        monkeypatch.undo()
        client.cache_clear()
