"""The same id on another day is another event, and holds the invoice: in the open month and the one before."""

import pytest

from billproof.pipeline.artefacts import Artefacts
from billproof.pipeline.model import RunStatement
from billproof.pipeline.shared_ids import elsewhere_findings
from billproof.proof.service import prove_run
from billproof.usage import shared_ids
from billproof.usage.log import ids_key
from tests.support.invoking import Context, handler
from tests.support.late_usage import FEB, JAN, MAR, RUN_DAYS
from tests.support.world import EUROPE, INC, World, flight

US = f"{EUROPE}-{JAN}-001"
ID = "2013-01-05:UA:1"


def bill(world: World, month: str) -> RunStatement:
    world.moment = RUN_DAYS[month]
    statement = world.bill(period=month)
    world.post_all(period=month)
    return statement


def held(statement: RunStatement) -> list[tuple[str, str]]:
    return [(finding.account, finding.message) for finding in statement.findings if finding.code == "id_reused"]


def test_an_id_on_two_days_of_a_month_holds_the_invoice_and_names_both_days() -> None:
    world = World()
    world.ingest([flight(1), flight(2), flight(1, day="2013-01-20", id=ID)])
    ((account, message),) = held(bill(world, JAN))
    assert account == "UA"
    assert message.startswith("2 events of UA of 2013-01 have an id that is on another day, too: ")
    assert message.endswith(f"{ID} of test/operations is on 2013-01-05 and on 2013-01-20")
    world.approve_all()
    world.post_all()
    assert prove_run(f"{INC}-{JAN}-001", stores=world.stores()).differences == ()
    assert held(bill(world, FEB)) == []


def test_an_id_of_the_month_before_is_known_by_the_next_run() -> None:
    world = World()
    world.ingest([flight(1), flight(2)])
    assert held(bill(world, JAN)) == []
    world.moment = RUN_DAYS[FEB]
    world.ingest([flight(1, day="2013-02-03", id=ID), flight(3, day="2013-02-03")])
    ((account, message),) = held(bill(world, FEB))
    assert (account, message[:8]) == ("UA", "1 events")
    assert "is on 2013-02-03 and on 2013-01-05" in message
    world.approve_all(period=FEB)
    world.post_all(period=FEB)
    assert prove_run(f"{INC}-{FEB}-001", stores=world.stores()).differences == ()


def test_late_usage_of_the_closed_month_that_reuses_an_id_is_found() -> None:
    world = World()
    world.ingest([flight(1)])
    bill(world, JAN)
    world.ingest([flight(1, day="2013-01-20", id=ID)])
    ((_, message),) = held(bill(world, FEB))
    assert message.startswith("1 events of UA of 2013-01 ")


def test_one_that_was_retracted_is_not_held() -> None:
    world = World()
    world.ingest([flight(1), flight(1, day="2013-01-20", id=ID), flight(9, retracts=ID, data={})])
    assert held(bill(world, JAN)) == []


def test_copies_of_an_event_are_no_reuse_and_ids_of_other_accounts_are_other_events_whatever_the_bucket() -> None:
    reported = set()
    for buckets in (1, 8):
        world = World(buckets=buckets)
        world.ingest([flight(1), flight(1), *(flight(1, account=account, id=ID) for account in ("B6", "FL", "AS"))])
        statement = bill(world, JAN)
        assert held(statement) == []
        assert (statement.events.metered, statement.events.duplicate, statement.events.conflicting) == (4, 1, 0)
        (finding,) = [finding for finding in statement.findings if finding.code == "id_in_several_accounts"]
        reported.add((finding.severity, finding.message))
    day = "on 2013-01-05"
    places = f"under AS {day} and under B6 {day} and under FL {day} and under UA {day}"
    assert reported == {("warning", f"id {ID} of test/operations stands {places}")}


def test_of_many_ids_that_several_accounts_have_the_first_are_named_and_the_others_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shared_ids, "IDS_AT_ONCE", 20)  # compared in three parts
    world = World(buckets=4)
    ids = [f"n{number}" for number in range(25)]
    for account, day in (("UA", "2013-01-05"), ("B6", "2013-01-20")):
        world.ingest([flight(account=account, day=day, id=name) for name in ids])
    world.ingest([flight(account="B6", day="2013-01-20", id="n0", source="another")])
    statement = bill(world, JAN)
    messages = [finding.message for finding in statement.findings if finding.code == "id_in_several_accounts"]
    assert len(messages) == 21
    assert messages[-1] == "5 more ids stand under several accounts"
    assert {message.partition(" stands ")[2] for message in messages[:-1]} == {
        "under B6 on 2013-01-20 and under UA on 2013-01-05"
    }
    assert world.bill(period=JAN).released == 0  # it holds nothing


def test_an_id_that_was_retracted_in_one_account_is_no_longer_shared() -> None:
    world = World(buckets=4)
    world.ingest([flight(1), flight(1, account="B6", id=ID), flight(2, account="B6", retracts=ID, data={})])
    assert [finding.code for finding in bill(world, JAN).findings] == []


def shared(statement: RunStatement) -> list[str]:
    return [finding.message for finding in statement.findings if finding.code == "id_in_several_accounts"]


def test_an_id_of_another_account_is_reported_by_runs_of_its_month_and_the_next_one_and_of_no_later_one() -> None:
    """What a run does not see: months further apart, and another legal entity's account. Every morning does."""
    world = World(buckets=4, accounts={"UA", "B6", "DL"})
    world.ingest([flight(1), flight(2), flight(2, account="DL", id="2013-01-05:UA:2")])
    assert shared(bill(world, JAN)) == []
    world.moment = RUN_DAYS[FEB]
    world.ingest([flight(1, account="B6", day="2013-02-03", id=ID)])
    said = f"id {ID} of test/operations stands under B6 on 2013-02-03 and under UA on 2013-01-05"
    assert shared(bill(world, FEB)) == [said]
    world.moment = RUN_DAYS[MAR]
    world.ingest([flight(2, account="B6", day="2013-03-03", id="2013-01-05:UA:2")])
    assert shared(bill(world, MAR)) == []
    world.moment = RUN_DAYS[MAR]
    assert world.bill(EUROPE).released == 1
    compared = world.compare_ids()
    assert (compared.runs, compared.findings) == (tuple(sorted([*(f"{INC}-{m}-001" for m in (JAN, FEB, MAR)), US])), 2)
    two = "id 2013-01-05:UA:2 of test/operations stands under B6 on 2013-03-03 and under DL on 2013-01-05 and under UA"
    told = {run: elsewhere(world, run) for run in compared.runs if elsewhere(world, run)}
    assert told == {run: [f"{two} on 2013-01-05"] for run in (f"{INC}-{JAN}-001", f"{INC}-{MAR}-001")}
    assert (world.compare_ids().runs, world.compare_ids().findings) == ((), 0)  # each run is compared once


def elsewhere(world: World, run: str) -> list[str]:
    return [finding.message for finding in elsewhere_findings(run, Artefacts(world.objects))]


def test_what_of_another_run_cannot_be_read_is_told_and_the_rest_is_compared() -> None:
    world = World(accounts={"UA", "DL"})
    world.ingest([flight(1), flight(1, account="DL", id=ID)])
    bill(world, JAN)
    world.bill(EUROPE)
    key = ids_key(f"{INC}-{JAN}-001", 0)
    world.objects.items[key] = b"spoilt"
    assert world.compare_ids().findings == 2
    assert elsewhere(world, US) == [f"{key} cannot be read: it is gone, or not what was written"]


def test_the_handler_compares_without_a_run() -> None:
    world = World(accounts={"UA", "DL"})
    world.ingest([flight(1), flight(1, account="DL", id=ID)])
    bill(world, JAN)
    world.bill(EUROPE)
    answer = handler("check_completeness")({}, Context(), world)
    assert answer["ids"] == {"runs": [US, f"{INC}-{JAN}-001"], "findings": 1}
    assert handler("check_completeness")({}, Context(), world)["ids"] == {"runs": [], "findings": 0}
