"""Exceptions: who may decide, what a decision does, and that it does it once."""

import json
from datetime import timedelta
from typing import Any

import pytest

from billproof.approvals.exception_store import execution_name
from billproof.approvals.model import Refusal
from billproof.approvals.policy import Policy
from billproof.approvals.raising import EXCLUDED
from billproof.controls.catalogue import CATALOGUE
from billproof.errors import Conflict, Contended, NotFound
from billproof.money import Money
from tests.support.playing import played_once
from tests.support.world import INC, REQUESTER, World, flight

CASE = f"{INC}.2013-01.UA.001"
UA = f"{INC}.2013-01.UA"


@pytest.fixture
@played_once
def world() -> World:
    """UA's invoice of 5,000.00 is held: nobody says what a cancelled flight costs."""
    world = World()
    contract = world.directory.contracts("UA")[0]
    world.publish(contract.model_copy(update={"version": 2, "exclusions": ()}))
    world.ingest([flight(1, type="flight.cancelled")])
    world.bill()
    return world


def test_a_held_invoice_opens_a_case_and_starts_its_workflow(world: World) -> None:
    (state,) = world.exception_store.of_period(INC, "2013-01")
    case = state.opened
    assert (case.id, case.requested_by, case.amount, state.status) == (CASE, REQUESTER, Money.of("5000", "USD"), "open")
    assert [finding.code for finding in case.findings] == ["unpriced_meter"]
    assert world.exceptions.executions == {execution_name(CASE): {"exception": CASE}}
    assert len(execution_name(CASE)) <= 80


def test_an_approval_releases_the_amounts_that_were_held_issued_on_that_day(world: World) -> None:
    held = world.register.facts(UA)
    assert held is not None
    assert held.held is not None
    waiting = world.wait(CASE, "t1")
    assert (waiting.outcome, waiting.told) == ("waiting", ("ana", "ben"))
    answer = world.decide(CASE, "approved", "ana", "the customer was told")
    assert answer.outcome == "decided"
    assert world.tokens.answers["t1"] == {"exception": CASE, "kind": "invoice", "decision": "approved"}
    assert world.register.released(UA) is None  # the workflow does it
    assert world.apply(CASE).number == "SKY-US-2013-000013"
    released = world.register.released(UA)
    assert released is not None
    assert held.held.document is not None
    assert (released.document.totals, released.issue_date) == (held.held.document.totals, world.now().date())
    assert json.loads(world.postings.bodies[-1]) == {"invoice": UA, "correlation_id": f"{INC}-2013-01-001"}
    world.apply(CASE)
    assert [each.number for each in [world.register.released(UA)] if each] == ["SKY-US-2013-000013"]


def test_a_rejection_leaves_the_invoice_held(world: World) -> None:
    assert world.decide(CASE, "rejected", "ana", "price it first").outcome == "decided"
    with pytest.raises(Conflict, match="was not approved"):
        world.apply(CASE)


@pytest.mark.parametrize(
    ("by", "reason", "refusal"),
    [
        (REQUESTER, "it looks right", Refusal.OWN_REQUEST),
        ("mallory", "it looks right", Refusal.UNKNOWN_PERSON),
        ("ana", " ", Refusal.NO_REASON),
    ],
)
def test_not_everybody_may_decide(world: World, by: str, reason: str, refusal: Refusal) -> None:
    world.publish_again_by("ana", INC)
    answer = world.decide(CASE, "approved", by, reason)
    assert (answer.outcome, answer.refusal, answer.decision) == ("refused", refusal, None)
    assert world.exception_store.state(CASE).status == "open"


def change_policy(world: World, **changes: Any) -> None:
    policy = world.directory.policy(INC)
    world.publish(Policy.model_validate(policy.model_dump() | {"version": policy.version + 1, **changes}))


def test_amounts_over_a_limit_are_for_who_has_it(world: World) -> None:
    change_policy(
        world,
        roles=[
            {"id": "analyst"},
            {"id": "manager", "limits": {"USD": "4999.99"}},
            {"id": "director", "unlimited": True},
        ],
    )
    answer = world.decide(CASE, "approved", "ana")
    assert answer.refusal is Refusal.OVER_LIMIT
    assert answer.message == "5000.00 USD is over the limit of ana; may decide: ben"
    assert world.decide(CASE, "rejected", "ana").outcome == "decided"  # anybody may say no


def test_answering_twice_is_harmless_and_answering_otherwise_is_refused(world: World) -> None:
    world.wait(CASE, "t1")
    first = world.decide(CASE, "approved", "ana", "told")
    assert world.decide(CASE, "approved", "ana", "told") == first
    assert first.decision is not None
    again = world.decide(CASE, "approved", "ana", "another reason")
    assert (again.outcome, again.decision) == ("decided", first.decision)
    assert again.message == f"it was approved at {first.decision.decided_at} already, and the reason stays: told"
    other = world.decide(CASE, "rejected", "ben", "no")
    assert (other.outcome, other.refusal) == ("refused", Refusal.ALREADY_DECIDED)
    assert "approved by ana" in other.message
    assert len(world.tokens.answers) == 1


def test_a_decision_before_the_workflow_waits_or_whose_answer_was_lost_is_found(world: World) -> None:
    world.decide(CASE, "approved", "ana")
    assert world.tokens.answers == {}
    assert world.wait(CASE, "t1").outcome == "approved"
    assert world.tokens.answers["t1"]["decision"] == "approved"


def test_reminders_and_escalation_reach_the_right_people(world: World) -> None:
    outcomes = [world.wait(CASE, f"t{n}") for n in range(4)]
    assert [each.outcome for each in outcomes] == ["waiting", "reminded", "escalated", "escalated"]
    assert [each.told for each in outcomes] == [("ana", "ben"), ("ana", "ben"), ("ben",), ("ben",)]
    assert [to for to, _ in world.mailer.sent[:2]] == ["ana@skymeter.example", "ben@skymeter.example"]
    assert b"Reminder: " in world.mailer.sent[2][1]
    assert b"unpriced_meter" in world.mailer.sent[0][1]
    assert world.exception_store.state(CASE).reminders == 3
    world.decide(CASE, "rejected", "ben")
    assert list(world.tokens.answers) == ["t3"]  # the wait that is still on


def test_a_later_run_takes_the_place_of_an_open_exception(world: World) -> None:
    world.bill()
    later = f"{INC}.2013-01.UA.002"
    answer = world.decide(CASE, "approved", "ana")
    assert (answer.outcome, answer.refusal) == ("refused", Refusal.ALREADY_DECIDED)
    assert f"see {later}" in answer.message
    assert world.wait(CASE, "t1").outcome == "superseded"
    assert world.decide(later, "approved", "ana").outcome == "decided"


def test_an_exception_whose_invoice_was_released_otherwise_ends(world: World) -> None:
    contract = world.directory.contracts("UA")[0]
    world.publish(contract.model_copy(update={"version": 3}))  # the exclusion is back
    world.bill()
    assert world.wait(CASE, "t1").outcome == "superseded"
    assert "released as SKY-US-2013-000013" in world.decide(CASE, "approved", "ana").message


def test_what_may_be_excluded_are_controls_of_the_catalogue() -> None:
    """They are named, not imported: a person who asks for a run does not wait for all controls to load."""
    assert {control.code for control in CATALOGUE} >= EXCLUDED


def test_what_has_no_document_cannot_be_approved() -> None:
    world = World()
    contract = world.directory.contracts("UA")[0]
    world.publish(contract.model_copy(update={"version": 2, "currency": "EUR"}))
    world.bill()
    answer = world.decide(CASE, "approved", "ben")
    assert answer.refusal is Refusal.NOTHING_TO_RELEASE
    assert world.exception_store.state(CASE).opened.amount is None


def test_an_approval_of_late_usage_that_another_invoice_billed_is_outdated() -> None:
    world = World()
    contract = world.directory.contracts("UA")[0]
    world.bill()
    world.ingest([flight(1)])
    world.publish(contract.model_copy(update={"version": 2, "exclusions": ()}))
    world.moment += timedelta(days=28)
    world.ingest([flight(2, day="2013-02-05", type="flight.cancelled")])
    world.bill(period="2013-02")  # held, with January's difference
    world.publish(contract.model_copy(update={"version": 3}))
    world.moment += timedelta(days=31)
    world.bill(period="2013-03")  # bills January's difference
    case = f"{INC}.2013-02.UA.001"
    assert world.decide(case, "approved", "ben").outcome == "decided"
    applied = world.apply(case)
    assert (applied.outcome, applied.raised) == ("outdated", f"{case}-01")
    assert world.exception_store.state(f"{case}-01").opened.findings[0].code == "late_usage_billed_elsewhere"
    assert world.register.released(f"{INC}.2013-02.UA") is None


def test_an_exception_that_is_not_there_is_said_so(world: World) -> None:
    for name in (f"{INC}.2013-01.B6.001", "nonsense"):
        with pytest.raises(NotFound):
            world.decide(name, "approved", "ana")


def test_a_policy_without_the_roles_of_its_people_is_refused() -> None:
    person = {"id": "ana", "name": "Ana", "email": "a@b.example", "role": "boss"}
    with pytest.raises(ValueError, match="roles that do not exist"):
        Policy.model_validate({"id": INC, "version": 1, "people": [person]})
    with pytest.raises(ValueError, match="two of these names are the same"):
        Policy.model_validate({"id": INC, "version": 1, "roles": [{"id": "a"}, {"id": "a"}]})
    role = Policy.model_validate({"id": INC, "version": 1, "roles": [{"id": "a", "limits": {"USD": "5"}}]}).roles[0]
    assert not role.may_approve(None)
    assert not role.may_approve(Money.of("1", "EUR"))
    assert role.may_approve(Money.of("-5", "USD"))


def test_a_token_that_others_keep_being_faster_with_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.records["exceptions"], "create", lambda _record: False)
    with pytest.raises(Contended, match="kept waiting"):
        world.wait(CASE, "t1")
