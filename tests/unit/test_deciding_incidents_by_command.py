"""What `billproof incidents decide` says where a call fails before all of an incident is decided."""

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from billproof.approvals.model import Answer, AnswerOutcome
from billproof_ops import incidents
from billproof_ops.cli import app
from billproof_ops.errors import OpsError
from billproof_ops.target import Target

WORDS = ["incidents", "decide", "acme/2013-01/source/gateway/usage_repeated", "--approve", "--reason", "one cause"]


def test_what_was_decided_before_a_call_failed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def decide(*_: object, **__: object) -> Iterator[Answer]:
        yield Answer(exception="acme-2013-01-A-01", outcome=AnswerOutcome.DECIDED)
        yield Answer(exception="acme-2013-01-B-01", outcome=AnswerOutcome.REFUSED, message="above your limit")
        message = "the stack does not answer"
        raise OpsError(message)

    monkeypatch.setattr(Target, "find", lambda: Target({}))
    monkeypatch.setattr(incidents, "decide", decide)
    answer = CliRunner().invoke(app, WORDS)
    assert answer.exit_code != 0
    assert "1 of 2 approved" in answer.output
    assert "refused acme-2013-01-B-01 above your limit" in answer.output
