"""Limits add up: by document, by customer and day, and by day; also of two decisions at once."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from billproof.approvals.model import Answer, Refusal
from billproof.approvals.policy import LimitScope, Policy
from billproof.approvals.publishing import confirm_policy, publish_policy
from billproof.ports import Key, Record
from billproof.proof.model import DifferenceKind
from billproof.proof.service import prove_run
from billproof_ops.demo import story
from billproof_ops.local.people import local_identity
from tests.support.world import INC, JANUARY, World

RUN = f"{INC}-{JANUARY}-001"
UA, WN = f"{INC}.{JANUARY}.UA", f"{INC}.{JANUARY}.WN"


def limited(*scopes: LimitScope) -> World:
    """Two customers are billed thousands, and a manager, ana, approves up to 1,000.00 in all of the scopes."""
    world = World(accounts={"UA", "WN"})
    policy = story.master_data().policies[0].model_dump(mode="json")
    roles = [role | ({"limits": {"USD": "1000"}} if role["id"] == "manager" else {}) for role in policy["roles"]]
    world.publish(Policy.model_validate(policy | {"version": 2, "roles": roles, "limits_add_up_by": scopes}))
    world.bill()
    world.post_all()
    return world


def ask(world: World, invoice: str, request: str, amount: str = "450.00") -> str:
    """Let carla ask for a credit note; return what waits."""
    line = {"line": "platform:2013-02", "amount": amount}
    return world.credit(invoice, request, lines=[line], requested_by="carla").exception


def credit(world: World, invoice: str, request: str, by: str = "ana") -> Answer:
    exception = ask(world, invoice, request)
    answer = world.decide(exception, "approved", by)
    if answer.outcome == "decided":
        world.apply(exception)
        world.post(exception.removesuffix(".001"))
    return answer


def test_credit_notes_of_one_invoice_are_one_amount() -> None:
    world = limited(LimitScope.DOCUMENT)
    assert [credit(world, UA, f"C-{number}").outcome for number in range(2)] == ["decided", "decided"]
    world.moment += timedelta(days=40)  # whenever they are
    answer = credit(world, UA, "C-2")
    assert (answer.outcome, answer.refusal) == ("refused", Refusal.OVER_LIMIT)
    assert answer.message == (
        "450.00 USD makes 1350.00 USD that ana approved of one document, over the limit; may decide: ben"
    )
    assert credit(world, WN, "C-3").outcome == "decided"  # another document
    assert world.decide(f"{UA}~03.001", "approved", "ben").outcome == "decided"


def called(world: World, now: str, before: str = "ana") -> None:
    """Let a version rename a person: the identity stays."""
    policy = world.directory.policy(INC)
    people = [person.model_copy(update={"id": now}) if person.id == before else person for person in policy.people]
    world.moment += timedelta(minutes=5)
    later = policy.model_copy(update={"version": policy.version + 1, "people": tuple(people)})
    publish_policy(later, caller=local_identity("carla"), directory=world.directory, now=world.now())
    confirm_policy(
        legal_entity=INC,
        version=later.version,
        caller=local_identity("ben"),
        policies=world.policies,
        now=world.now(),
    )
    world.moment += timedelta(minutes=5)


def test_another_id_begins_no_total_anew() -> None:
    world = limited(LimitScope.DOCUMENT)
    assert [credit(world, UA, f"C-{number}").outcome for number in range(2)] == ["decided", "decided"]
    called(world, "anaw")
    answer = credit(world, UA, "C-2")
    assert "makes 1350.00 USD that anaw approved of one document" in answer.message
    assert credit(world, WN, "C-3").outcome == "decided"
    assert {key.partition for key in world.records["decisions"].items if key.partition.startswith("limits#")} == {
        f"limits#{INC}#ana"
    }
    assert prove_run(RUN, stores=world.stores()).differences == ()


def test_what_was_counted_under_another_id_counts() -> None:
    """Totals of before lie under the id that the person had then; what came later is not held against an approval."""
    world = limited(LimitScope.DAY)
    credit(world, UA, "C-0")
    called(world, "anaw")
    credit(world, WN, "C-1")
    count_under(world, "anaw", f"{WN}~01.001")
    assert prove_run(RUN, stores=world.stores()).differences == ()
    answer = credit(world, UA, "C-2")
    assert "makes 1372.50 USD that anaw approved of one day" in answer.message
    for key, document in world.records["decisions"].items.items():  # as if the first had been of 600.00
        if key.partition == f"limits#{INC}#ana":
            amount = {"amount": "600", "currency": "USD"}
            world.records["decisions"].items[key] = {**document, "amount": amount}
    (proved,) = {d.proved for d in prove_run(RUN, stores=world.stores()).differences if "makes" in d.proved}
    assert proved.startswith("472.50 USD makes 1072.50 USD that anaw approved of one")


def count_under(world: World, name: str, exception: str) -> None:
    """Count an approval under a later id, as it was done before a person was known by all ids."""
    items = world.records["decisions"].items
    for key in [key for key in items if key.partition.startswith("limits#") and items[key]["exception"] == exception]:
        document = items.pop(key)
        moved = Key(f"limits#{INC}#{name}", f"{key.sort.rpartition('#')[0]}#000000")
        items[moved] = {**document, "total": document["amount"]}


def test_who_used_up_a_limit_is_asked_no_more_and_named_to_nobody() -> None:
    world = limited(LimitScope.DAY)
    first, second = ask(world, UA, "C-1", "600.00"), ask(world, WN, "C-2", "600.00")
    assert world.wait(first, "t1").told == ("ana", "ben")
    assert world.decide(first, "approved", "ana").outcome == "decided"
    assert world.wait(second, "t2").told == ("ben",)
    world.moment += timedelta(days=1)
    assert world.wait(second, "t3").told == ("ana", "ben")


def test_where_nobody_may_approve_nobody_is_named() -> None:
    world = limited(LimitScope.DAY)
    policy = world.directory.policy(INC)
    people = [person for person in policy.people if person.id != "ben"]
    world.publish(policy.model_copy(update={"version": policy.version + 1, "people": tuple(people)}))
    large = ask(world, UA, "C-1", "1100.00")
    assert world.wait(large, "t1").told == ()
    answer = world.decide(large, "approved", "ana")
    assert answer.message == "1100.00 USD is over the limit of ana; may decide: nobody"


@pytest.mark.parametrize(
    ("scopes", "outcomes"),
    [
        ((), ["decided"] * 4),
        ((LimitScope.CUSTOMER,), ["decided", "decided", "decided", "decided"]),
        ((LimitScope.DAY,), ["decided", "decided", "refused", "refused"]),
        (tuple(LimitScope), ["decided", "decided", "refused", "refused"]),
    ],
)
def test_a_policy_says_over_what_amounts_are_added_up(scopes: tuple[LimitScope, ...], outcomes: list[str]) -> None:
    world = limited(*scopes)
    invoices = (UA, WN, UA, WN)
    assert [credit(world, invoice, f"C-{n}").outcome for n, invoice in enumerate(invoices)] == outcomes
    assert prove_run(RUN, stores=world.stores()).differences == ()


def test_another_day_begins_anew_for_a_customer() -> None:
    world = limited(LimitScope.CUSTOMER, LimitScope.DAY)
    outcomes = []
    for number in range(4):
        outcomes.append(credit(world, UA, f"C-{number}").outcome)
        world.moment += timedelta(hours=13)
    assert outcomes == ["decided"] * 4


def test_of_two_decisions_at_once_only_those_within_the_limit_are_taken() -> None:
    """Whatever is written between the reading of the total and the writing of the decision is seen."""
    world = limited(LimitScope.DAY)
    first, second = ask(world, UA, "C-1", "600.00"), ask(world, WN, "C-2", "600.00")
    answers: list[Answer] = []

    def decide_meanwhile(records: Sequence[Record]) -> None:
        decisions.before_write = lambda _records: None
        answers.append(world.decide(second, "approved", "ana"))

    decisions = world.records["decisions"]
    decisions.before_write = decide_meanwhile
    answers.append(world.decide(first, "approved", "ana"))
    assert [(answer.outcome, answer.refusal) for answer in answers] == [
        ("decided", None),
        ("refused", Refusal.OVER_LIMIT),
    ]
    assert world.exception_store.state(first).status == "open"


def changed(world: World, **document: Any) -> None:
    """Let the counted amounts of ana say something else."""
    for key, value in list(world.records["decisions"].items.items()):
        if key.partition == f"limits#{INC}#ana":
            world.records["decisions"].items[key] = {**value, **document}


def test_a_proof_adds_the_amounts_up_again() -> None:
    world = limited(LimitScope.DAY)
    credit(world, UA, "C-1")
    credit(world, WN, "C-2")
    assert prove_run(RUN, stores=world.stores()).checked.approvals == 2
    changed(world, amount={"amount": "1", "currency": "USD"})
    differences = prove_run(RUN, stores=world.stores()).differences
    assert {difference.kind for difference in differences} == {DifferenceKind.APPROVAL}
    assert "does not count it" in differences[0].proved
