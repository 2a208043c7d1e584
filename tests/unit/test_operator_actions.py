"""What people make happen once more is recorded before it is done, whoever else asks for it in that instant."""

from datetime import UTC, datetime, timedelta

import pytest

from billproof.approvals import actions
from billproof.approvals.actions import Asker, OperatorAction, OperatorActions
from billproof.errors import Contended
from tests.support.fakes import MemoryRecords

NOW = datetime(2013, 2, 2, tzinfo=UTC)
PARTITION = "operator-actions#_shared"


def redrive(records: MemoryRecords, name: str, after: str) -> None:
    by = Asker(name)
    with OperatorActions(records).recorded(
        OperatorAction.REDRIVE_LETTERS, "erp-postings", by=by, before="3", clock=lambda: NOW
    ) as outcome:
        outcome.after = after


def test_two_who_do_the_same_in_one_instant_are_both_recorded() -> None:
    records = MemoryRecords()
    redrive(records, "ana", "3 sent back")
    redrive(records, "ben", "0 sent back")
    facts = [(record.key.sort, dict(record.document)) for record in records.query(PARTITION)]
    first, second = "2013-02-02T00:00:00.000000Z", "2013-02-02T00:00:00.000001Z"
    assert [sort for sort, _ in facts] == [
        f"erp-postings#{at}#redrive_letters#{fact}" for at in (first, second) for fact in ("asked", "done")
    ]
    assert [fact.get("asked_by") or fact["after"] for _, fact in facts] == ["ana", "3 sent back", "ben", "0 sent back"]


def test_nothing_is_done_that_cannot_be_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_AT_ONCE", 1)
    records = MemoryRecords()
    redrive(records, "ana", "3 sent back")
    with pytest.raises(Contended):
        redrive(records, "ben", "not done")
    assert len(list(records.query(PARTITION))) == 2


def test_of_an_action_that_fails_who_asked_is_known() -> None:
    records = MemoryRecords()
    actions_of = OperatorActions(records, "sky")
    with (
        pytest.raises(OSError, match="no answer"),
        actions_of.recorded(
            OperatorAction.REDRIVE_RUN, "sky-2013-01-001", by=Asker("ana"), before="failed", clock=lambda: NOW
        ),
    ):
        raise OSError("no answer")
    (asked,) = records.query("operator-actions#sky")
    assert asked.document["asked_by"] == "ana"


def test_what_was_done_says_when_it_was_done_and_not_when_it_was_asked_for() -> None:
    records, moments = MemoryRecords(), iter([NOW, NOW + timedelta(hours=1)])
    actions_of, by = OperatorActions(records, "sky"), Asker("ana")
    with actions_of.recorded(
        OperatorAction.REDRIVE_LETTERS, "deliveries", by=by, before="9", clock=lambda: next(moments)
    ) as outcome:
        outcome.after = "9 sent back"
    asked, done = (record.document for record in records.query("operator-actions#sky"))
    assert asked["asked_at"] == "2013-02-02T00:00:00.000000Z"
    assert (done["done_at"], done["after"]) == ("2013-02-02T01:00:00.000000Z", "9 sent back")
