"""A store that an earlier version wrote stays readable, provable, creditable, and is billed on."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from backports import zstd

from billproof.audit.adopting import adopt
from billproof.conservation.service import balance_run
from billproof.errors import NotAllowed
from billproof.identities import InvoiceId
from billproof.ids import canonical_json
from billproof.ports import Key
from billproof.proof.model import DifferenceKind
from billproof.proof.service import prove_run
from billproof_ops.demo import story
from tests.support.billed import flights
from tests.support.verifying import verified
from tests.support.world import EUROPE, INC, JANUARY, World, flight

STORE = Path(__file__).parents[1] / "support" / "stores" / "2026-11-25.json.zst"
"""January and February 2013 of both entities, with line ids that escape nothing, as main wrote them on that day."""
FEBRUARY, MARCH = "2013-02", "2013-03"
B6, US = f"{INC}.{JANUARY}.B6", f"{EUROPE}.{JANUARY}.US"
PLAIN = "flights:2013-01:x:y:z"
"""The line of the group (x:y, z), as it is written on the stored invoice."""


@pytest.fixture(scope="module")
def stored() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(zstd.decompress(STORE.read_bytes()))
    return content


@pytest.fixture
def world(stored: dict[str, Any]) -> World:
    world = World(buckets=2, master_data=False)
    for table, records in stored["records"].items():
        world.records[table].items = {Key(partition, sort): document for partition, sort, document in records}
    for key, content in stored["objects"].items():
        world.objects.items[key] = bytes.fromhex(content) if isinstance(content, str) else canonical_json(content)
    world.billing_runs.statuses = dict.fromkeys(stored["proofs"], "SUCCEEDED")
    world.moment = datetime(2013, 4, 2, 12, tzinfo=UTC)
    return world


@pytest.fixture
def governed(world: World) -> World:
    """The store after somebody published policies whose people have identities: before it nobody can ask or decide."""
    govern(world)
    return world


def govern(world: World) -> None:
    for policy in story.master_data().policies:
        before = world.directory.policy(policy.id)
        assert (before.format, before.version) == (1, 1)
        world.publish(policy.model_copy(update={"version": 2, "thresholds": before.thresholds}))


def test_nobody_decides_under_a_policy_of_before(world: World) -> None:
    with pytest.raises(NotAllowed):
        world.start(INC, MARCH)
    with pytest.raises(NotAllowed):
        world.credit(B6)


def test_every_run_is_proved_and_balances_as_before(world: World, stored: dict[str, Any]) -> None:
    assert len(stored["proofs"]) == 4
    for run, counts in stored["proofs"].items():
        proof = prove_run(run, stores=world.stores())
        assert proof.holds, proof.differences
        assert {name: count for name, count in proof.checked.model_dump().items() if name in counts} == counts
        assert balance_run(run, stores=world.stores()).balances


def test_the_audit_chain_begins_when_what_is_there_is_adopted_and_records_what_follows(world: World) -> None:
    assert verified(world).since == ""
    adopted = adopt(chain=world.chain, facts=world.facts, objects=world.objects, by="ben", why="the chain begins")
    assert adopted.objects == len(world.objects.items)
    govern(world)
    world.ingest([flight(1, account="B6", day="2013-03-05")])
    world.bill(period=MARCH)
    world.settle()
    verification = verified(world)
    assert (verification.findings, verification.adopted) == ((), adopted.facts + adopted.objects)
    assert verification.since.startswith("2013-04-02")


def changed_findings(world: World, change: dict[str, Any]) -> Counter[str]:
    """Change every stored finding of the drafts; return how many each run has."""
    changed: Counter[str] = Counter()
    for key in [key for key in world.objects.items if "/drafts/" in key]:
        batch = json.loads(world.objects.get(key))
        for draft in batch["drafts"]:
            for finding in draft["findings"]:
                finding.update(change)
                changed[batch["run"]] += 1
        world.objects.items[key] = canonical_json(batch)
    return changed


def test_findings_may_be_reworded_and_the_runs_are_still_proved(world: World, stored: dict[str, Any]) -> None:
    changed = changed_findings(world, {"message": "said in other words", "remedy": "do as the page says"})
    assert changed.total() > 0
    assert all(prove_run(run, stores=world.stores()).holds for run in stored["proofs"])


@pytest.mark.parametrize(
    "change",
    [
        {"amount_at_risk": {"amount": "0.01", "currency": "USD"}},
        {"code": "another_code"},
        {"path": "elsewhere"},
        {"severity": "blocking"},
        {"account": "ZZ"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_finding_that_says_something_else_is_not_proved(world: World, change: dict[str, Any]) -> None:
    changed = changed_findings(world, change)
    assert changed.total() > 0
    for run in changed:
        kinds = {difference.kind for difference in prove_run(run, stores=world.stores()).differences}
        assert DifferenceKind.DRAFT in kinds


def test_everything_reconciles_and_every_document_is_read(world: World) -> None:
    documents: Counter[str] = Counter()
    for entity in (INC, EUROPE):
        for period in (JANUARY, FEBRUARY):
            report = world.reconcile(entity, period)
            assert report.variances == ()
            for facts in world.register.of_period(entity, period):
                assert facts.released is not None
                assert world.invoice(str(facts.id)).id == str(facts.id)
                documents[entity] += 1
    assert documents == {INC: 26, EUROPE: 7}


def test_a_request_for_credit_is_read_as_it_was_stored(world: World) -> None:
    (facts,) = world.register.credits(US)
    assert facts.id == InvoiceId(EUROPE, JANUARY, "US", credit=1)
    assert facts.request is not None
    assert facts.request.document.totals.gross == -world.invoice(US).totals.gross
    assert canonical_json(facts.request.model_dump(mode="json")) == canonical_json(facts.facts["held#001"])


def test_the_line_of_the_ambiguous_group_is_credited_under_its_old_name(governed: World) -> None:
    credit = governed.credit_and_approve(B6, lines=[{"line": PLAIN}])
    assert flights(credit) == {f"credit:{PLAIN}": "-0.85"}
    rest = governed.credit_and_approve(B6, "C-2")
    assert credit.totals.gross + rest.totals.gross == -governed.invoice(B6).totals.gross
    assert prove_run(f"{INC}-{JANUARY}-001", stores=governed.stores()).holds


def test_another_month_is_billed_on_top_and_differences_meet_the_old_names(governed: World) -> None:
    """Late for January: one flight more of the group (x:y, z), and one of (x, y:z), whose old name is the same."""
    late = [("x:y", "z", 91), ("x", "y:z", 92)]
    governed.ingest(
        [flight(n, account="B6", data={"origin": origin, "tail_number": tail}) for origin, tail, n in late]
        + [flight(93, account="B6", day="2013-03-05", data={"origin": "x:y", "tail_number": "z"})]
    )
    for entity in (INC, EUROPE):
        governed.bill(entity, MARCH)
        governed.approve_all(entity, MARCH)
        governed.post_all(entity, MARCH)
        proof = prove_run(f"{entity}-{MARCH}-001", stores=governed.stores())
        assert proof.holds, proof.differences
        assert balance_run(f"{entity}-{MARCH}-001", stores=governed.stores()).balances
        assert governed.reconcile(entity, MARCH).variances == ()
    lines = governed.invoice(f"{INC}.{MARCH}.B6").lines
    billed = [(line.priced.id, tuple(line.priced.dimension.values()), line.amounts.net.text) for line in lines]
    assert [each for each in billed if "flights" in each[0]] == [
        ("flights:2013-03:x%3Ay:z", ("x:y", "z"), "0.85"),
        (f"difference:{PLAIN}", ("x", "y:z"), "0.85"),
        (f"difference:{PLAIN}", ("x:y", "z"), "0.85"),
    ]
    credit = governed.credit_and_approve(f"{INC}.{MARCH}.B6")
    assert credit.totals.gross == -governed.invoice(f"{INC}.{MARCH}.B6").totals.gross


def test_a_month_that_is_run_again_comes_out_as_it_was(governed: World) -> None:
    statement = governed.bill(INC, JANUARY)
    assert statement.findings == ()
    assert statement.already_released == 13
