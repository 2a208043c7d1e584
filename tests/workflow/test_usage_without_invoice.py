"""Late usage of months that no invoice bills is a finding of the next run, and then excluded or billed: never lost."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from billproof.approvals.variances import known_amount_of
from billproof.conservation.service import balance_run
from billproof.contracts.model import Contract
from billproof.findings import Finding
from billproof.pipeline.closing import read_statement
from billproof.pipeline.model import RunStatement
from billproof.pipeline.starting import run_ids
from billproof.proof.service import prove_run
from billproof.reconciliation.model import Cause, Variance
from billproof.usage.log import late_marks
from billproof_ops.demo import story
from tests.support.charges import miles
from tests.support.playing import played_once
from tests.support.world import INC, World, flight

CODE = "usage_without_invoice"
BEFORE, JAN, FEB, MAR, APR = "2012-12", "2013-01", "2013-02", "2013-03", "2013-04"


def contract_of(world: World, version: int, start: str) -> None:
    known = next(terms for terms in story.master_data().contracts if terms.account == "UA")
    terms: dict[str, Any] = {
        "version": version,
        "charges": [miles("0.001")],
        "commitments": [],
        "discounts": [],
        "effective": {"start": start, "end": "2013-04-01"},
    }
    world.publish(Contract.model_validate(known.model_dump(mode="json") | terms))


@pytest.fixture
@played_once
def world() -> World:
    """UA's contract is in force in February and March 2013; ten cents a hundred miles."""
    world = World(accounts=())
    world.publish(next(account for account in story.master_data().accounts if account.id == "UA"))
    contract_of(world, 1, start="2013-02-01")
    return world


def meanwhile(world: World, day: str) -> None:
    """Let it be some day, on which events arrive."""
    world.moment = datetime.fromisoformat(f"{day}T12:00:00+00:00")


def run(world: World, month: str) -> RunStatement:
    following = date.fromisoformat(f"{month}-01")
    year, number = (following.year, following.month + 1) if following.month < 12 else (following.year + 1, 1)
    world.moment = max(world.moment, datetime(year, number, 2, 12, tzinfo=UTC))
    statement = world.bill(period=month)
    world.post_all(period=month)
    return statement


def found(statement: RunStatement) -> list[Finding]:
    return [finding for finding in statement.findings if finding.code == CODE]


def not_drafted(world: World) -> list[Variance]:
    reports = [world.reconcile(period=month) for month in (JAN, FEB, MAR, APR, "2013-05", "2013-06")]
    return [one for report in reports for one in report.unsettled if one.cause is Cause.NOT_DRAFTED]


def exceptions(world: World, month: str) -> Iterator[str]:
    for state in world.exception_store.waiting(INC, month):
        yield state.opened.id


def decide_all(world: World, month: str) -> None:
    for case in list(exceptions(world, month)):
        assert world.decide(case, "approved", "ben").outcome == "decided"
        assert world.apply(case).outcome in {"released", "excluded"}
    world.post_all(period=month)


def proved(world: World, *months: str) -> None:
    for month in months:
        for run_id in run_ids(world.runs, INC, month):
            assert prove_run(run_id, stores=world.stores()).differences == ()
            assert balance_run(run_id, stores=world.stores()).balances


def test_usage_from_before_the_contract_is_a_finding_with_an_amount_and_approved_with_the_invoice(world: World) -> None:
    run(world, JAN)
    meanwhile(world, "2013-02-20")
    world.ingest([flight(1, day="2013-02-05"), flight(2, day="2013-02-06")])
    world.ingest([flight(1), flight(2), flight(3)])  # of January, which is over
    february = run(world, FEB)
    (finding,) = found(february)
    assert (finding.account, finding.path) == ("UA", "usage/UA/2013-01")
    assert finding.message.startswith("3 events of UA of 2013-01 came late")
    assert str(finding.amount_at_risk) == "3.00 USD"
    assert february.late_events.orphan == 3
    (case,) = exceptions(world, FEB)
    assert world.decide(case, "approved", "ben", reason="trial month, agreed in writing").outcome == "decided"
    assert world.apply(case).outcome == "released"
    assert world.invoice(f"{INC}.{FEB}.UA").totals.net.text == "2.00"
    world.post_all(period=FEB)
    assert found(run(world, MAR)) == []
    proved(world, FEB, MAR)


def test_more_of_it_is_another_finding_of_the_rest_alone(world: World) -> None:
    run(world, JAN)
    meanwhile(world, "2013-02-20")
    world.ingest([flight(1), flight(1, day="2013-02-05")])
    run(world, FEB)
    world.approve_all(period=FEB)
    world.ingest([flight(2), flight(1)])
    (finding,) = found(run(world, MAR))
    assert finding.message.startswith("1 events of UA of 2013-01")


def test_usage_after_the_end_of_the_contract_is_excluded_by_a_decision_though_there_is_no_invoice(world: World) -> None:
    for month in (JAN, FEB, MAR, APR):
        run(world, month)
    world.ingest([flight(1, day="2013-04-10")])
    may = run(world, "2013-05")
    (finding,) = found(may)
    assert finding.amount_at_risk is None  # there is no usage of May to compare with
    assert may.held == 1
    (case,) = exceptions(world, "2013-05")
    assert world.decide(case, "approved", "ben", reason="access was closed too late").outcome == "decided"
    (waits,) = not_drafted(world)
    assert (waits.billing_account, waits.category, known_amount_of(waits)) == ("UA", "missing_in_billing", None)
    assert world.apply(case).outcome == "excluded"
    assert world.apply(case).outcome == "excluded"
    assert not_drafted(world) == []
    assert found(world.bill(period="2013-05")) == []
    assert found(run(world, "2013-06")) == []
    assert balance_run(f"{INC}-2013-05-001", stores=world.stores()).balances


def test_a_contract_that_covers_the_month_bills_it_instead(world: World) -> None:
    run(world, JAN)
    meanwhile(world, "2013-02-20")
    world.ingest([flight(1), flight(1, day="2013-02-05")])
    run(world, FEB)
    contract_of(world, 2, start="2013-01-01")
    entity = world.directory.legal_entity(INC)
    world.publish(entity.model_copy(update={"version": entity.version + 1, "bills_from": date(2013, 1, 1)}))
    again = world.bill(period=FEB)
    assert found(again) == []
    lines = {line.priced.id: line.priced.net.text for line in world.invoice(f"{INC}.{FEB}.UA").lines}
    assert {line: net for line, net in lines.items() if JAN in line} == {"difference:miles:2013-01": "1.00"}


def test_usage_from_before_billing_began_is_a_finding_of_the_first_run() -> None:
    world = World(accounts={"UA"})
    world.ingest([flight(1, day="2012-12-10"), flight(1)])
    (finding,) = found(run(world, JAN))
    assert finding.path == "usage/UA/2012-12"


def test_every_mark_that_is_written_has_a_reader(world: World) -> None:
    """Events of every kind of month arrive at every kind of time: each is in one statement, of its month or later."""
    sent: dict[str, int] = {}
    months = ("2012-11", BEFORE, JAN, FEB, MAR, APR, "2013-05")
    statements = []
    for number, month in enumerate(months[2:]):
        meanwhile(world, f"{month}-20")
        late = [flight(number, day=f"{earlier}-07") for earlier in months if earlier <= month]
        world.ingest([*late, *late[:1]])
        statements.append(run(world, month))
        decide_all(world, month)
        for event in late:
            sent[event["id"]] = 1
        written = [flight(100 + number, day=f"{earlier}-08") for earlier in months if earlier <= month]
        world.ingest(written)  # after the run of their month
        sent |= {event["id"]: 1 for event in written}
    statements.append(run(world, "2013-06"))
    marks = {(mark.account, mark.month) for mark in late_marks(world.objects, 0)}
    assert {month for _, month in marks} == set(months)
    events = [statement.events + statement.late_events for statement in statements]
    assert sum(count.distinct for count in events) == len(sent)
    assert sum(count.late for count in events) == 0


def test_a_month_after_the_end_that_had_no_run_is_looked_at_by_the_next_one(world: World) -> None:
    for month in (FEB, MAR):
        run(world, month)
    meanwhile(world, "2013-04-20")
    world.ingest([flight(1, day="2013-04-10")])  # in time, and April is not run
    (finding,) = found(run(world, "2013-05"))
    assert finding.path == "usage/UA/2013-04"
    (case,) = exceptions(world, "2013-05")
    world.decide(case, "approved", "ben")
    world.apply(case)
    assert found(run(world, "2013-06")) == []


def test_a_statement_is_read_as_it_was_stored(world: World) -> None:
    world.ingest([flight(1)])
    run(world, FEB)
    statement = read_statement(world.objects, f"{INC}-{FEB}-001")
    assert found(statement) != []
