"""A proof holds on what was billed, and fails when anything is changed by hand in the stores."""

from collections.abc import Callable
from typing import Any

import pytest
import typer
from backports import zstd

from billproof.approvals.policy import Policy
from billproof.errors import NotFound
from billproof.identities import InvoiceId
from billproof.invoicing.facts import RELEASED, fact_key
from billproof.pipeline.artefacts import STATEMENT, Artefacts
from billproof.proof.model import DifferenceKind, Proof
from billproof.proof.service import events_behind, prove_invoice, prove_run
from billproof_ops.printing import show_proof
from tests.support.playing import played_once
from tests.support.world import INC, JANUARY, World, flight

UA = f"{INC}.{JANUARY}.UA"
RUN = f"{INC}-{JANUARY}-001"


@pytest.fixture
@played_once
def world() -> World:
    world = World(buckets=2)
    world.ingest([flight(1), flight(2), flight(3, type="flight.cancelled"), flight(1, account="B6")])
    world.ingest([flight(1), flight(2, data={"distance": "7"})])
    world.bill()
    world.post_all()
    return world


def run(world: World) -> Proof:
    return prove_run(RUN, stores=world.stores())


def test_a_run_is_proved_with_its_denominators(world: World) -> None:
    proof = run(world)
    assert proof.differences == ()
    assert proof.holds
    checked = proof.checked
    assert (checked.events, checked.segments, checked.documents, checked.postings) == (6, 2, 13, 13)
    assert checked.lines > 13
    assert checked.terms == 26 + 8  # 13 accounts and contracts, the legal entity, its policy and six meters


def test_an_invoice_is_proved_and_lists_its_events(world: World) -> None:
    proof = prove_invoice(UA, stores=world.stores())
    assert (proof.holds, proof.checked.events, proof.checked.documents) == (True, 5, 1)
    verdicts = [(event.id, event.verdict) for event in events_behind(UA, stores=world.stores())]
    assert verdicts.count(("2013-01-05:UA:1", "duplicate")) == 1
    assert sum(verdict == "kept" for _, verdict in verdicts) == 3


def test_what_came_later_does_not_count(world: World) -> None:
    world.ingest([flight(9)])
    assert run(world).holds
    world.bill()
    assert prove_run(f"{INC}-{JANUARY}-002", stores=world.stores()).holds


def drop_a_segment(world: World) -> None:
    del world.objects.items[next(iter(world.objects.keys("usage/")))]


def change_an_event(world: World) -> None:
    key = next(key for key in world.objects.keys("usage/") if b'"1000"' in zstd.decompress(world.objects.get(key)))
    content = zstd.decompress(world.objects.get(key)).replace(b'"1000"', b'"1001"')
    world.objects.items[key] = zstd.compress(content)


def change_what_no_meter_reads(world: World) -> None:
    key = next(iter(world.objects.keys("usage/")))
    content = zstd.decompress(world.objects.get(key)).replace(b'"EWR"', b'"JFK"')
    world.objects.items[key] = zstd.compress(content)


def break_a_segment(world: World) -> None:
    world.objects.items[next(iter(world.objects.keys("usage/")))] += b"x"


def change_a_line(world: World) -> None:
    released = world.register.released(UA)
    assert released is not None
    data = world.objects.items[released.document.key]
    world.objects.items[released.document.key] = data.replace(b'"2500"', b'"2501"')


def drop_a_document(world: World) -> None:
    released = world.register.released(UA)
    assert released is not None
    del world.objects.items[released.document.key]


def drop_a_release(world: World) -> None:
    del world.records["invoices"].items[fact_key(InvoiceId.parse(UA), RELEASED)]


def change_a_posting(world: World) -> None:
    released = world.register.released(UA)
    assert released is not None
    items = world.records["ledger"].items
    key = next(key for key in items if key.sort == released.number and key.partition.startswith("documents"))
    items[key] = {**items[key], "document_date": "2013-02-02"}


def drop_a_posting(world: World) -> None:
    world.records["ledger"].items.clear()


def change_a_contract(world: World) -> None:
    items = world.records["contracts"].items
    key = next(key for key in items if key.partition == "account#UA" and key.sort.startswith("contract#"))
    items[key] = {**items[key], "signed_by": "somebody@else.example"}


@pytest.mark.parametrize(
    ("tamper", "kinds"),
    [
        (drop_a_segment, {DifferenceKind.USAGE}),
        (change_an_event, {DifferenceKind.SEGMENT, DifferenceKind.USAGE}),
        (change_what_no_meter_reads, {DifferenceKind.SEGMENT}),
        (change_a_line, {DifferenceKind.DOCUMENT}),
        (drop_a_document, {DifferenceKind.DOCUMENT}),
        (drop_a_release, {DifferenceKind.RELEASE}),
        (change_a_posting, {DifferenceKind.POSTING}),
        (drop_a_posting, {DifferenceKind.POSTING}),
        (change_a_contract, {DifferenceKind.TERMS}),
    ],
)
def test_what_was_changed_by_hand_is_found(
    world: World, tamper: Callable[[World], None], kinds: set[DifferenceKind]
) -> None:
    tamper(world)
    proof = run(world)
    assert not proof.holds
    assert kinds <= {difference.kind for difference in proof.differences}


def test_an_invoice_whose_contract_was_changed_is_not_proved(world: World) -> None:
    change_a_contract(world)
    (difference,) = prove_invoice(UA, stores=world.stores()).differences
    assert (difference.kind, difference.where) == (DifferenceKind.TERMS, "contract UA-2013 version 1")


def test_what_is_still_in_the_queue_is_not_posted_yet_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    world = World(buckets=2)
    world.ingest([flight(1)])
    world.bill()
    released = {facts.released.number for facts in world.register.of_period(INC, JANUARY) if facts.released}
    proof = run(world)
    assert {difference.kind for difference in proof.differences} == {DifferenceKind.NOT_POSTED}
    waiting = {difference.where for difference in proof.differences}
    assert waiting < released  # an invoice of zero posts nothing
    assert (proof.holds, proof.not_posted, proof.checked.postings) == (False, len(waiting), 13 - len(waiting))
    with pytest.raises(typer.Exit) as exit_of_the_command:
        show_proof(proof, as_json=False)
    assert exit_of_the_command.value.exit_code == 1
    assert f"{len(waiting)} not posted yet: " in capsys.readouterr().out
    world.post_all()
    assert (run(world).holds, run(world).not_posted, run(world).checked.postings) == (True, 0, 13)


def test_what_the_erp_confirmed_and_lost_is_a_difference(world: World) -> None:
    drop_a_posting(world)
    assert {difference.kind for difference in run(world).differences} == {DifferenceKind.POSTING}
    assert run(world).not_posted == 0


def test_a_proof_that_checks_nothing_fails() -> None:
    world = World()
    world.publish(world.directory.legal_entity(INC).model_copy(update={"id": "empty"}))
    world.plan("empty-2013-01-001", "empty")
    world.close("empty-2013-01-001")
    proof = prove_run("empty-2013-01-001", stores=world.stores())
    kinds = [difference.kind for difference in proof.differences]
    assert kinds == [DifferenceKind.RUN, DifferenceKind.NOTHING]  # nobody asked for it, either


def test_what_is_not_released_cannot_be_proved(world: World) -> None:
    with pytest.raises(NotFound):
        prove_invoice(f"{INC}.{JANUARY}.ZZ", stores=world.stores())
    with pytest.raises(NotFound):
        prove_run(f"{INC}-{JANUARY}-009", stores=world.stores())


@played_once
def with_findings() -> World:
    """UA's usage is over the invoice limit, and an id of UA's is one of WN's, too."""
    world = World(accounts={"UA", "WN"})
    limit = world.directory.policy(INC).model_dump() | {"version": 2, "thresholds": {"invoice_limit": {"USD": "4000"}}}
    world.publish(Policy.model_validate(limit))
    world.ingest([flight(1, id="7"), flight(2, id="7", account="WN"), flight(3, data={"distance": "-1"})])
    world.bill()
    world.post_all()
    assert differences(world) == []
    return world


def differences(world: World) -> list[tuple[str, str]]:
    return [(difference.kind.value, difference.where) for difference in run(world).differences]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("accounts", 3),
        ("released", 2),
        ("already_released", 1),
        ("changed_after_release", 1),
        ("held", 0),
        ("without_contract", 1),
        ("totals", {}),
        ("held_at_risk", {}),
        ("findings", ()),
    ],
)
def test_a_statement_that_was_altered_is_found_whatever_it_says(field: str, value: Any) -> None:
    world = with_findings()
    artefacts = Artefacts(world.objects.memory)
    statement = artefacts.read(STATEMENT, RUN)
    assert getattr(statement, field) != value
    artefacts.write(STATEMENT, RUN, statement.model_copy(update={field: value}))
    where = RUN if field == "findings" else f"{RUN} {field}"
    assert ("statement_differs", where) in differences(world)


def test_a_finding_that_was_put_into_a_statement_is_found() -> None:
    world = with_findings()
    artefacts = Artefacts(world.objects.memory)
    statement = artefacts.read(STATEMENT, RUN)
    more = statement.findings[0].model_copy(update={"code": "orphan_usage"})
    artefacts.write(STATEMENT, RUN, statement.model_copy(update={"findings": (*statement.findings, more)}))
    assert differences(world) == [("statement_differs", RUN)]
