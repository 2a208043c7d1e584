"""A proof, and the step that releases, believe decisions by their facts: every alteration of one is a finding."""

from collections.abc import Callable
from typing import Any

import pytest

from billproof.approvals.model import RUN_SUBJECT
from billproof.callers import SCHEDULE
from billproof.completeness.service import COMPLETENESS
from billproof.errors import Conflict
from billproof.invoicing.model import Released
from billproof.periods import instant_text
from billproof.pipeline.artefacts import RUN_PLAN, Artefacts
from billproof.pipeline.closing import read_statement
from billproof.pipeline.starting import refuse_other_request
from billproof.ports import Key
from billproof.proof.model import DifferenceKind
from billproof.proof.service import prove_invoice, prove_run
from billproof_ops.local.people import local_identity
from tests.support.plans_of_before import as_of_before
from tests.support.playing import played_once
from tests.support.world import INC, JANUARY, REQUESTER, World, flight

RUN = f"{INC}-{JANUARY}-001"
EV = f"{INC}.{JANUARY}.EV"
CASE = f"{EV}.001"
GATE = f"{INC}.{JANUARY}.{RUN_SUBJECT}.001-01"
PARTITION = f"exceptions#{INC}#{JANUARY}"


@played_once
def held() -> World:
    """EV's invoice is held, UA's and WN's are released."""
    world = World(accounts={"UA", "EV", "WN"})
    contract = world.directory.contracts("EV")[0]
    world.publish(contract.model_copy(update={"version": 2, "exclusions": ()}))
    world.ingest([flight(1, account="EV", type="flight.cancelled")])
    world.bill()
    return world


@pytest.fixture
@played_once
def world() -> World:
    """The held invoice and a credit note of UA's were approved by ben and released; everything is posted."""
    world = held()
    assert world.decide(CASE, "approved", "ben").outcome == "decided"
    world.apply(CASE)
    world.credit_and_approve(f"{INC}.{JANUARY}.UA", lines=[{"line": "platform:2013-02", "amount": "100"}])
    world.post_all()
    assert prove_run(RUN, stores=world.stores()).differences == ()
    return world


def findings(world: World) -> list[tuple[str, str, str]]:
    differences = prove_run(RUN, stores=world.stores()).differences
    return [(difference.kind.value, difference.where, difference.proved) for difference in differences]


def change(world: World, table: str, partition: str, sort: str, **fields: Any) -> None:
    key = Key(partition, sort)
    world.records[table].items[key] = {**world.records[table].items[key], **fields}


def approved_by(world: World, person: str, sort: str = "EV#001#decided", **fields: Any) -> None:
    identity = local_identity(person).model_dump()
    change(world, "decisions", PARTITION, sort, decided_by=person, identity=identity, **fields)


def as_before(world: World) -> None:
    """Forge a decision in the form that decisions had before people had identities, where any function writes."""
    stored = dict(world.records["decisions"].items.pop(Key(PARTITION, "EV#001#decided")))
    del stored["identity"]
    world.records["exceptions"].items[Key(PARTITION, "EV#001#decided")] = stored


def over_the_limit(world: World) -> None:
    """Let a manager approve more than a manager may."""
    amount = {"amount": "8000.01", "currency": "USD"}
    change(world, "exceptions", PARTITION, "EV#001#opened", amount=amount)
    approved_by(world, "ana")


def of_the_requester(world: World) -> None:
    world.publish_again_by("ana", INC)  # carla published the version before
    approved_by(world, REQUESTER, policy_version=2, decided_at=instant_text(world.now()))


ALTERATIONS: dict[str, tuple[Callable[[World], Any], str]] = {
    "the decision is removed": (
        lambda world: world.records["decisions"].items.pop(Key(PARTITION, "EV#001#decided")),
        "held, and nobody approved it",
    ),
    "it is the requester's": (of_the_requester, f"{REQUESTER} requested {RUN}"),
    "it is over the limit": (
        over_the_limit,
        "over the limit of ana",
    ),
    "it counts for nothing": (lambda world: approved_by(world, "ana"), "what ana approved does not count it"),
    "it is of a stranger": (lambda world: approved_by(world, "mallory"), "the identity that decided is not mallory"),
    "its name is another's": (
        lambda world: change(world, "decisions", PARTITION, "EV#001#decided", decided_by="ana"),
        "the identity that decided is not ana",
    ),
    "its policy is not there": (
        lambda world: approved_by(world, "ben", policy_version=7),
        "version 7 was not in force",
    ),
    "its policy came later": (
        lambda world: approved_by(world, "ben", decided_at="1999-12-31T00:00:00.000000Z"),
        "version 1 was not in force",
    ),
    "it names no identity": (as_before, "names no identity"),
    "it is a rejection": (lambda world: approved_by(world, "ben", verdict="rejected"), "nobody approved it"),
}


@pytest.mark.parametrize(("alter", "said"), ALTERATIONS.values(), ids=ALTERATIONS)
def test_an_altered_approval_of_an_invoice_is_found(alter: Callable[[World], Any], said: str, world: World) -> None:
    alter(world)
    ((kind, where, why),) = findings(world)
    assert (kind, where, said in why) == (DifferenceKind.APPROVAL, number(world, EV), True), why
    assert [each.kind for each in prove_invoice(EV, stores=world.stores()).differences] == [DifferenceKind.APPROVAL]


@pytest.mark.parametrize(("alter", "said"), ALTERATIONS.values(), ids=ALTERATIONS)
def test_nothing_is_released_by_an_altered_approval(alter: Callable[[World], Any], said: str) -> None:
    """The workflow says that it was approved; the step reads the decision."""
    world = held()
    world.decide(CASE, "approved", "ben")
    alter(world)
    with pytest.raises(Conflict):
        world.apply(CASE)
    assert world.register.released(EV) is None


def number(world: World, document: str) -> str:
    released = world.register.released(document)
    assert isinstance(released, Released)
    return released.number


def test_another_amount_than_the_approved_one_is_found(world: World) -> None:
    change(world, "exceptions", PARTITION, "EV#001#opened", amount={"amount": "0.01", "currency": "USD"})
    ((kind, _, why),) = findings(world)
    assert (kind, "does not count it" in why) == (DifferenceKind.APPROVAL, True)


def test_an_altered_approval_of_a_credit_note_is_found(world: World) -> None:
    note = f"{INC}.{JANUARY}.UA~01"
    sort = "UA~01#001#decided"
    kept = world.records["decisions"].items[Key(PARTITION, sort)]
    approved_by(world, "ana", sort)
    ((kind, where, why),) = findings(world)
    assert (kind, where, "ana requested" in why) == (DifferenceKind.APPROVAL, number(world, note), True)
    del world.records["decisions"].items[Key(PARTITION, sort)]
    assert [kind for kind, _, _ in findings(world)] == [DifferenceKind.APPROVAL]
    world.records["decisions"].items[Key(PARTITION, sort)] = kept
    del world.records["decisions"].items[Key(f"requests#{INC}", f"{note}#ana")]
    assert [(kind, where) for kind, where, _ in findings(world)] == [(DifferenceKind.REQUEST, note)]


def test_a_run_that_its_requester_never_asked_for_is_found(world: World) -> None:
    fact = world.records["decisions"].items.pop(Key(f"requests#{INC}", f"{RUN}#{REQUESTER}"))
    assert findings(world) == [(DifferenceKind.REQUEST, RUN, "none")]
    stranger = {**fact, "identity": local_identity("mallory").model_dump()}
    world.records["decisions"].items[Key(f"requests#{INC}", f"{RUN}#{REQUESTER}")] = stranger
    ((kind, _, who),) = findings(world)
    assert (kind, "mallory" in who) == (DifferenceKind.REQUEST, True)


@pytest.mark.parametrize("name", [SCHEDULE, "ben", "Carla"])
def test_a_run_is_planned_only_for_who_asked_for_it(name: str, world: World) -> None:
    refuse_other_request(world.runs, RUN, REQUESTER)
    with pytest.raises(Conflict, match="was not asked for by"):
        refuse_other_request(world.runs, RUN, name)
    with pytest.raises(Conflict, match="was not asked for by"):
        refuse_other_request(world.runs, f"{INC}-{JANUARY}-009", name)


def test_a_run_that_went_on_without_an_approval_is_found(world: World) -> None:
    opened = dict(world.records["exceptions"].items[Key(PARTITION, "EV#001#opened")])
    case = f"{INC}.{JANUARY}.{RUN_SUBJECT}.001-01"
    opened |= {"id": case, "kind": "run", "subject": RUN_SUBJECT, "batch": None}
    world.records["exceptions"].items[Key(PARTITION, f"{RUN_SUBJECT}#001-01#opened")] = opened
    otherwise = (DifferenceKind.CHECK, COMPLETENESS.key(RUN), "its findings and exceptions say otherwise")
    assert findings(world) == [(DifferenceKind.APPROVAL, RUN, f"exception {case} is open"), otherwise]
    assert world.decide(case, "approved", REQUESTER).refusal == "own_policy"
    assert world.decide(case, "approved", "ben").outcome == "decided"
    assert findings(world) == [otherwise]


@pytest.fixture
@played_once
def gap() -> World:
    """A source stated more than it sent: the run was held, ben let it go on, and everything is posted."""
    world = World(accounts={"UA"})
    stated = {"data": {"count": "9", "sum": "9000"}, "id": "total"}
    total = flight(type="billproof.control-total", subject="miles_tracked", time="2013-01-05T17:00:00Z") | stated
    world.ingest([flight(1), total])
    world.bill()
    assert world.decide(GATE, "approved", "ben").outcome == "decided"
    world.post_all()
    assert findings(world) == []
    return world


def without(world: World, *tables: str) -> None:
    for table in tables:
        for key in [key for key in world.records[table].items if f"{RUN_SUBJECT}#" in key.sort]:
            del world.records[table].items[key]


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (lambda world: without(world, "exceptions", "decisions"), "held, and nobody approved it"),
        (lambda world: without(world, "decisions"), "is open"),
        (lambda world: approved_by(world, "ben", f"{RUN_SUBJECT}#001-01#decided", verdict="rejected"), "is rejected"),
    ],
    ids=["the exception is removed with its decision", "the decision is removed", "it was rejected"],
)
def test_a_run_whose_usage_was_incomplete_has_an_approval(alter: Callable[[World], Any], said: str, gap: World) -> None:
    invoice = f"{INC}.{JANUARY}.UA"
    assert prove_invoice(invoice, stores=gap.stores()).differences == ()
    alter(gap)
    ((kind, where, why),) = findings(gap)
    assert (kind, where, said in why) == (DifferenceKind.APPROVAL, RUN, True), why
    (difference,) = prove_invoice(invoice, stores=gap.stores()).differences
    assert (difference.kind, difference.where) == (DifferenceKind.APPROVAL, RUN)


@pytest.mark.parametrize("spoil", [lambda items, key: items.pop(key), lambda items, key: items.update({key: b"{"})])
def test_a_check_of_completeness_that_is_gone_or_spoilt_is_found(spoil: Callable[..., Any], world: World) -> None:
    spoil(world.objects.items, COMPLETENESS.key(RUN))
    assert [(kind, where) for kind, where, _ in findings(world)] == [(DifferenceKind.STATEMENT, COMPLETENESS.key(RUN))]
    as_of_before(world.objects, RUN)
    assert findings(world) == []


def test_steps_that_are_repeated_after_an_approval_change_nothing_of_the_run(world: World) -> None:
    """A redrive of a closed run: what was approved since is no result of its release."""
    before = read_statement(world.objects, RUN)
    for batch in Artefacts(world.objects).read(RUN_PLAN, RUN).batches:
        world.invoice_batch(RUN, batch)
    assert world.close(RUN).outcome == "closed"
    assert read_statement(world.objects, RUN) == before
    assert findings(world) == []
