"""The commands of `billproof`: each is safe to repeat, and some test shows it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from billproof.pipeline.starting import StartedRun
from billproof_ops import billing, cli_run, naming
from billproof_ops.cli import app
from billproof_ops.paths import ROOT
from billproof_ops.target import Target
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


@pytest.mark.parametrize(("typed", "word", "completed"), [("exc", 1, "exceptions"), ("run red", 2, "redrive")])
def test_a_shell_completes_verbs(typed: str, word: int, completed: str) -> None:
    asked = {"_BILLPROOF_COMPLETE": "complete_bash", "COMP_WORDS": f"billproof {typed}", "COMP_CWORD": str(word)}
    command = [sys.executable, "-m", "billproof_ops"]
    answer = subprocess.run(command, env={**os.environ, **asked}, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == [completed]


def test_the_script_for_a_shell_asks_the_command() -> None:
    answer = CliRunner().invoke(app, ["completion", "bash"])
    assert (answer.exit_code, "_BILLPROOF_COMPLETE=complete_bash" in answer.output) == (0, True)


def test_a_run_that_is_not_waited_for_is_not_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    month, watched = naming.Month(cast("Target", None), "acme", "2026-10"), []
    run = StartedRun(run_id="acme-2026-10-001", legal_entity="acme", period="2026-10", started=True)
    monkeypatch.setattr(naming, "month_to_bill", lambda *_: month)
    monkeypatch.setattr(billing, "start_run", lambda *_, **__: run)
    monkeypatch.setattr(billing, "run_state", lambda *_: SimpleNamespace(status="RUNNING"))
    monkeypatch.setattr(cli_run, "watch", lambda _, run_id, **__: watched.append(run_id))
    for words in (["--no-wait"], []):
        assert CliRunner().invoke(app, ["run", "start", *words]).output == "acme-2026-10-001 started: RUNNING\n"
    assert watched == ["acme-2026-10-001"]
