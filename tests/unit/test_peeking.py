"""`billproof dlq peek` shows what failed without who is in it, unless all of it is asked for."""

import json
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from billproof_ops import cli_dead_letters
from billproof_ops.dead_letters import DeadLetter, Discarded
from billproof_ops.failures import Failure

ACCOUNT = {"kind": "account", "id": "UA", "name": "Ada Lovelace", "billing_email": "ada@ua.example"}


def test_peeking_masks_unless_the_whole_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    letter = DeadLetter.model_construct(message_id="m1", sent_at="2013", body=json.dumps(ACCOUNT), failure=None)
    monkeypatch.setattr(cli_dead_letters, "Target", SimpleNamespace(find=lambda: None))
    monkeypatch.setattr("billproof_ops.dead_letters.peek", lambda *_, **__: [letter])
    said = CliRunner().invoke(cli_dead_letters.app, ["peek", "contract-events"]).output
    assert "name" in said
    assert not any(word in said for word in ("Lovelace", "ada@"))
    for words in (["--whole"], ["--whole", "--json"]):
        assert "Lovelace" in CliRunner().invoke(cli_dead_letters.app, ["peek", "contract-events", *words]).output


@pytest.mark.parametrize(
    ("error", "is_shown"), [("invoice_unknown", True), ("ValueError: DE89 3704 0044 0532 0130 00 is no payer", False)]
)
@pytest.mark.parametrize("words", [[], ["--json"]])
def test_an_error_that_names_a_bank_account_is_masked_with_the_letter(
    error: str, words: list[str], monkeypatch: pytest.MonkeyPatch, *, is_shown: bool
) -> None:
    failure = Failure(function="apply_payment", error=error, request_id="r-1")
    letter = DeadLetter(message_id="m1", sent_at="2013", body="{}", failure=failure)
    monkeypatch.setattr(cli_dead_letters, "Target", SimpleNamespace(find=lambda: None))
    monkeypatch.setattr("billproof_ops.dead_letters.peek", lambda *_, **__: [letter])
    assert (error in CliRunner().invoke(cli_dead_letters.app, ["peek", "scheduled-calls", *words]).output) is is_shown
    assert error in CliRunner().invoke(cli_dead_letters.app, ["peek", "scheduled-calls", "--whole", *words]).output


def test_what_is_said_of_a_discarded_letter_is_masked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    done = Discarded(
        queue="contract-events",
        message_id="m1",
        sent_at="2013",
        body=json.dumps(ACCOUNT),
        discarded_by="ana",
        discarded_at="2013",
        reason="a test message",
    )
    monkeypatch.setattr(cli_dead_letters, "Target", SimpleNamespace(find=lambda: None))
    monkeypatch.setattr("billproof_ops.dead_letters.discard", lambda *_, **__: done)
    words = ["discard", "contract-events", "m1", "--reason", "a test message", "--json"]
    said = CliRunner().invoke(cli_dead_letters.app, words).output
    assert "a test message" in said
    assert not any(word in said for word in ("Lovelace", "ada@"))
