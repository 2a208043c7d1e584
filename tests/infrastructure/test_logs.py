"""No log line holds what is private, whatever the handlers are called with and however they fail."""

import json

import pytest

from billproof.handlers import log_fields
from tests.support.aws_chain import WAITS_UNDER
from tests.support.aws_resources import ENGINE_KEY
from tests.support.leaks import leaks, private_texts
from tests.support.recording import Recording


def test_no_log_line_of_the_whole_chain_holds_what_is_private(recorded: Recording) -> None:
    lines = "\n".join(recorded.logs)
    assert len(recorded.logs) > 100
    assert leaks(lines, [WAITS_UNDER, ENGINE_KEY]) == set()


def test_log_lines_name_what_was_worked_on(recorded: Recording) -> None:
    lines = [json.loads(line) for line in recorded.logs]
    names = {name for line in lines for name in (*line, *line.get("result", {}))}
    assert {"run_id", "batch_id", "exception_id", "legal_entity", "period", "outcome", "message_id"} <= names
    assert any(line["message"] == "message failed" and "not_found" in line["error"] for line in lines)


@pytest.mark.parametrize(
    "text",
    ["ap@ua.example", "AQCEAAAAKgAAAAMAAAAAAAAAAQ", "rk_test_1", *sorted(private_texts())[:3]],
)
def test_a_leak_is_noticed(text: str) -> None:
    assert leaks(f'{{"note": "about {text}"}}') == {text}


def test_only_numbers_and_named_texts_are_logged() -> None:
    fields = {"run_id": "r", "accounts": 3, "task_token": "t", "reason": "x", "mailed_to": "a@b.example", "held": None}
    assert log_fields(fields) == {"run_id": "r", "accounts": 3}
