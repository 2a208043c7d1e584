"""What is shown of a message that failed: shape, ids and amounts, and nothing of who somebody is."""

import json
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from billproof.masking import MASK, MOST_LETTERS_OF_TEXT, PERSONAL, masked
from billproof_ops import cli_dead_letters
from billproof_ops.dead_letters import DeadLetter

ACCOUNT = {
    "kind": "account",
    "id": "UA",
    "name": "Ada Lovelace",
    "address": {"lines": ["1 Infinite Loop"], "city": "Chicago", "country": "US"},
    "billing_email": "ada@ua.example",
    "total": {"amount": "12.50", "currency": "USD"},
    "count": 3,
}


def test_ids_and_amounts_stay_and_what_names_somebody_goes() -> None:
    shown = json.loads(masked(json.dumps(ACCOUNT)))
    address = {"lines": [MASK], "city": MASK, "country": MASK}
    assert shown == {**ACCOUNT, "name": MASK, "address": address, "billing_email": MASK}


@pytest.mark.parametrize("name", sorted(PERSONAL))
def test_every_personal_field_is_masked_at_any_depth(name: str) -> None:
    body = json.dumps([{"detail": {name.title(): {"x": ["Ada"]}}}])
    assert "Ada" not in masked(body)


def test_texts_within_texts_and_addresses_in_any_field_are_masked() -> None:
    body = json.dumps(
        {"body": json.dumps({"name": "Ada", "id": "7"}), "memo": "ask ada@x.example, DE89370400440532013000"}
    )
    said = masked(body)
    assert not any(word in said for word in ("Ada", "ada@", "DE893"))
    assert json.loads(json.loads(said)["body"]) == {"id": "7", "name": MASK}


@pytest.mark.parametrize("file", ["<Document><Nm>Ada</Nm>", "01,BANK,ADA,", ":20:ADA", "Booked;Ada;12.00"])
def test_of_a_file_of_a_bank_nothing_is_shown(file: str) -> None:
    assert "da" not in masked(file).lower().replace("letters", "")


def test_what_is_no_json_is_cut_off() -> None:
    assert masked("letter 07") == "letter 07"
    assert len(masked("x" * 1_000)) == MOST_LETTERS_OF_TEXT
    assert masked("[" * 100_000).startswith("[")
    assert masked("[" * 900 + "]" * 900).startswith("[")
    assert masked('{"a": NaN, "b": 1.10}') == '{"a":"NaN","b":"1.10"}'


def test_peeking_masks_unless_the_whole_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    letter = DeadLetter.model_construct(message_id="m1", sent_at="2013", body=json.dumps(ACCOUNT), failure=None)
    monkeypatch.setattr(cli_dead_letters, "Target", SimpleNamespace(find=lambda: None))
    monkeypatch.setattr("billproof_ops.dead_letters.peek", lambda *_, **__: [letter])
    said = CliRunner().invoke(cli_dead_letters.app, ["peek", "contract-events"]).output
    assert "UA" in said
    assert "Lovelace" not in said
    whole = CliRunner().invoke(cli_dead_letters.app, ["peek", "contract-events", "--whole", "--json"]).output
    assert "Lovelace" in whole
