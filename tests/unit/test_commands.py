"""The commands of `billproof`: each is safe to repeat, and some test shows it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from billproof_ops.cli import app
from billproof_ops.paths import ROOT
from tests.support.repeating import ELSEWHERE, READING, WRITING


def commands(group: Any, *above: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *above, name)
        else:
            yield " ".join((*above, name))


def test_every_command_only_reads_or_is_repeated_by_a_test() -> None:
    listed = [*READING, *WRITING, *ELSEWHERE]
    assert sorted(listed) == sorted(commands(get_command(app)))
    assert [file for file in ELSEWHERE.values() if not (ROOT / "tests" / file).is_file()] == []


@pytest.mark.parametrize("words", [("local", "status", "--json"), ("price", "-")])
def test_what_needs_no_stack_says_the_same_again(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billproof_ops.local.server.running", lambda: None)
    request = {"price": {"model": "flat", "amount": "199"}, "currency": "USD", "rounding": "half_up"}
    answers = [CliRunner().invoke(app, words, input=json.dumps({**request, "period": "2013-01"})) for _ in range(2)]
    assert [answer.exit_code for answer in answers] == [0, 0]
    assert answers[0].output == answers[1].output != ""


def test_a_help_text_and_the_version_wait_for_no_library() -> None:
    loaded = (
        "import sys; from billproof_ops.cli import app; app({words}, standalone_mode=False); print(sorted(sys.modules))"
    )
    for words, said in (["--help"], "Refused usage events"), (["--version"], "billproof 0."):
        script = loaded.format(words=words)
        answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
        assert said in answer
        assert [heavy for heavy in ("pydantic", "botocore", "rich", "duckdb") if f"'{heavy}'" in answer] == []


def test_a_misspelt_verb_is_answered_with_the_nearest() -> None:
    answer = CliRunner().invoke(app, ["invioce"])
    assert (answer.exit_code, "Did you mean 'invoice'?" in answer.output) == (2, True)
