"""`billproof dlq peek` shows what failed without who is in it, unless all of it is asked for."""

import json
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from billproof_ops import cli_dead_letters
from billproof_ops.dead_letters import DeadLetter

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
