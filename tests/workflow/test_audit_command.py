"""`billproof audit`: heads, verification, the life of an invoice, exports, adopting and erasing."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from billproof.audit.heads import ANCHORS, anchor_days, path_of
from billproof.audit.merkle import follow
from billproof.audit.restoring import Version
from billproof.ports import Key
from billproof.usage import log
from billproof.usage.compaction import compact_day
from billproof_ops import cli
from billproof_ops.printing import console
from billproof_ops.target import Target
from tests.support.playing import played_once
from tests.support.verifying import verified
from tests.support.world import INC, JANUARY, World, flight

UA, EV = f"{INC}.{JANUARY}.UA", f"{INC}.{JANUARY}.EV"
A_WEEK_LATER = datetime(2013, 2, 9, tzinfo=UTC)


@played_once
def anchored() -> World:
    """UA is billed, posted and credited; EV was held and approved; the days of that are anchored."""
    world = World(accounts={"UA", "EV"})
    world.publish(world.directory.contracts("EV")[0].model_copy(update={"version": 2, "exclusions": ()}))
    world.ingest([flight(1), flight(2), flight(1, account="EV", type="flight.cancelled"), flight(3, account="nobody")])
    world.bill()
    world.moment += timedelta(minutes=1)  # of one instant the chain knows no order
    assert world.decide(f"{EV}.001", "approved", "ben").outcome == "decided"
    world.moment += timedelta(minutes=1)
    world.approve_all()
    assert world.apply(f"{EV}.001").outcome == "released"
    world.post_all()
    world.credit_and_approve(UA)
    world.settle()
    anchor_at(world, datetime(2013, 2, 3, 1, tzinfo=UTC))
    return world


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(console, "width", 240)  # whatever the terminal of the tests has
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")  # where --as works
    ports = anchored()
    monkeypatch.setattr(Target, "find", lambda: SimpleNamespace(ports=ports))
    return ports


def anchor_at(world: World, moment: datetime) -> None:
    """Anchor whole days, as it is done every night."""
    world.moment = moment
    anchor_days(world.chain, world.anchors, today=moment.date())
    world.settle()


def run(*words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(cli.app, ["audit", *words])
    return answer.exit_code, f"{answer.output}{answer.exception or ''}"


def printed(*words: str) -> Any:
    answer = run(*words)
    assert answer[0] == 0, answer
    return json.loads(answer[1])


def test_a_store_that_nobody_touched_holds(world: World) -> None:
    code, said = run("verify")
    assert (code, "holds: " in said, "and 1 anchors" in said) == (0, True, True), said


def test_what_was_changed_is_printed_and_the_exit_code_is_1(world: World) -> None:
    released = world.register.released(UA)
    assert released is not None
    world.objects.items[released.document.key] = b"{}"
    code, said = run("verify")
    assert (code, f"stored_otherwise objects {released.document.key}" in said) == (1, True), said


def test_a_window_looks_up_what_was_recorded_in_it_only(world: World) -> None:
    anchor_at(world, A_WEEK_LATER)
    world.ingest([flight(9)])
    world.settle()
    late = next(key for key in world.objects.items if key.startswith("late/") and "2013-02-09" in key)
    early = next(key for key in world.objects.items if key.startswith("quarantine/"))
    del world.objects.items[late], world.objects.items[early]
    assert found_in("--from", "2013-02-09T00:00:00Z") == {f"objects {late}"}
    assert found_in("--to", "2013-02-09T00:00:00Z") == {f"objects {early}"}


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (("--from", "2013-02-09T00:00:00Z", "--to", "2013-02-08T00:00:00Z"), "is empty"),
        (("--from", "2013-02-09T00:00:00Z", "--to", "2013-02-09T01:00:00+01:00"), "is empty"),
        (("--from", "2013-02-09"), "not a time with a time zone"),
        (("--from", "2013-02-09T00:00:00+05:60"), "not a time with a time zone"),
        (("--to", "0001-01-01T00:00:00+05:00"), "not a time with a time zone"),
    ],
)
def test_a_window_in_which_nothing_can_be_is_refused(world: World, window: tuple[str, ...], said: str) -> None:
    """It held, since it looked at nothing."""
    code, text = run("verify", *window)
    assert (code, said in text) == (1, True), (world.now(), text)


def found_in(*window: str) -> set[str]:
    verification, _ = json.JSONDecoder().raw_decode(run("verify", *window, "--json")[1])
    return {finding["where"] for finding in verification["findings"]}


def test_a_chain_that_was_cut_after_its_heads_were_printed_is_found(world: World, tmp_path: Path) -> None:
    kept = tmp_path / "heads.json"
    anchor_at(world, A_WEEK_LATER)
    world.hold_for_no_amount()
    kept.write_text(json.dumps(printed("head", "--json")))
    head = next(one for one in json.loads(kept.read_text()) if one["chain"].startswith(INC) and one["sequence"] > 1)
    last = max(key for key in world.audit.items if key.partition == f"chain#{head['chain']}")
    del world.audit.items[last]
    code, said = run("verify", "--heads", str(kept))
    assert (code, f"chain_truncated {head['chain']} record {head['sequence']}" in said) == (1, True), said


def test_heads_are_read_as_they_are_printed_and_nothing_else(world: World, tmp_path: Path) -> None:
    kept = tmp_path / "heads.json"
    kept.write_text("[{}]")
    code, said = run("verify", "--heads", str(kept))
    assert (code, "is not what 'billproof audit head --json' prints" in said) == (1, True)


def test_the_life_of_an_invoice_is_told_in_order_with_who_and_why(world: World) -> None:
    code, said = run("show", EV)
    assert code == 0
    held, raised, approved, released_at = (
        said.index(words)
        for words in ("is held", "an exception is raised", "is approved by ben", "is released as SKY-US")
    )
    assert max(held, raised, said.index("the document is stored")) < approved < released_at, said
    assert "checked with the customer" in said
    released = world.register.released(EV)
    assert released is not None
    by_number = printed("show", released.number, "--json")
    assert [event["what"] for event in by_number] == [event["what"] for event in printed("show", EV, "--json")]


def test_a_run_and_an_account_have_a_life_too_and_nobody_has_none(world: World) -> None:
    assert any("asked for by" in event["what"] for event in printed("show", f"{INC}-{JANUARY}-001", "--json"))
    assert {event["store"] for event in printed("show", "UA", "--json")} >= {"contracts", "invoices"}
    assert run("show", "NOBODY")[0] == 1


def test_each_record_of_a_life_has_a_path_to_the_root_of_its_day(world: World) -> None:
    (anchor,) = (json.loads(data) for data in world.anchors.items.values())
    roots = {day["head"]["chain"]: day["root"] for day in anchor["chains"]}
    events = printed("show", UA, "--proof")
    assert events
    for event in events:
        proof = event["proof"]
        steps = [(side, bytes.fromhex(other)) for side, other in proof["steps"]]
        assert follow(bytes.fromhex(proof["leaf"]), steps).hex() == proof["root"] == roots[event["chain"]]


def test_a_path_of_a_record_leads_nowhere_else(world: World) -> None:
    chain = max(world.chain.names(), key=lambda name: getattr(world.chain.head(name), "sequence", 0))
    one, other = path_of(world.chain, chain, 1), path_of(world.chain, chain, 2)
    steps = [(side, bytes.fromhex(hash_)) for side, hash_ in one.steps]
    assert follow(bytes.fromhex(other.leaf), steps).hex() != one.root


def test_an_export_holds_every_file_and_the_keys_where_they_are_asked_for(world: World, tmp_path: Path) -> None:
    assert world.chain.names()
    for more in ((), ("--with-keys",)):
        assert run("export", str(tmp_path / "one"), *more)[0] == 0
        files = {path.name for path in (tmp_path / "one").iterdir()}
        known = {"blocks.jsonl", "entries.csv", "anchors.jsonl", "heads.json", "manifest.json"}
        assert files == (known | {"keys.jsonl"} if more else known)


@pytest.mark.parametrize("is_gone", [True, False])
def test_what_was_altered_or_removed_is_restored_from_the_version_that_was_recorded(
    world: World, *, is_gone: bool
) -> None:
    key = next(key for key in world.objects.items if key.startswith("usage/"))
    good = world.objects.items[key]
    kept = [Version("v3", b"altered", "application/json"), Version("v2", good, "application/json")]
    world.__dict__["versions_of"] = lambda asked: iter(kept if asked == key else ())
    assert f"{key} is what " in run("restore", key)[1]
    world.objects.items.pop(key)
    if not is_gone:
        world.objects.items[key] = b"altered"
    assert run("verify")[0] == 1
    code, said = run("restore", key)
    assert (code, f"{key} is version v2 again" in said) == (0, True), said
    assert world.objects.items[key] == good
    assert run("verify")[0] == 0
    world.objects.items[key], kept[1:] = b"altered", []
    code, said = run("restore", key)
    assert (code, "no version of" in said) == (1, True), said
    assert (world.objects.items[key], run("restore", "usage/nowhere")[0]) == (b"altered", 1)


def test_what_was_stored_before_the_chain_is_adopted_once_and_guarded_from_then_on(world: World) -> None:
    for key in list(world.audit.items):
        del world.audit.items[key]
    world.anchors.items.clear()
    world.chain.forget()
    assert {finding.kind for finding in verified(world).findings} == {"stored_without_record"}
    adopted = printed("adopt", "--as", "ben", "--why", "the chain begins", "--json")
    assert adopted == {"facts": sum(len(r.items) for r in world.records.values()), "objects": len(world.objects.items)}
    assert printed("adopt", "--as", "ben", "--why", "again", "--json") == {"facts": 0, "objects": 0}
    verification = verified(world)
    assert (verification.findings, verification.adopted) == ((), sum(adopted.values()))
    assert "adopted by ben: the chain begins" in run("show", UA)[1]
    world.objects.items.popitem()
    assert [finding.kind for finding in verified(world).findings] == ["stored_no_more"]


def test_who_adopts_says_who_they_are_and_why(world: World) -> None:
    code, said = run("adopt", "--as", "", "--why", "")
    assert (code, "say who declares it" in said) == (1, True)


def test_what_the_law_wants_gone_is_declared_and_its_digests_mean_nothing_any_more(world: World) -> None:
    mine = {record for record in world.audit.items if record.partition == "key#UA"}
    assert mine
    anchor_at(world, A_WEEK_LATER)
    assert run("erase", "UA", "--as", "ben", "--why", "Art. 17 GDPR, request 12")[0] == 0
    places = [
        finding.where.split(" ", 2) for finding in verified(world).findings if finding.kind == "key_of_digest_gone"
    ]
    assert places
    for store, partition, sort in places:  # what is still there is named until it is removed
        del world.records[store].items[Key(partition, sort)]
    code, said = run("verify")
    assert (code, "declared: UA : erased" in said, "Art. 17 GDPR" in said) == (0, True, True), said
    assert not mine & set(world.audit.items)


def test_an_account_is_taken_out_of_what_it_shares_and_the_chain_still_holds(world: World) -> None:
    anchor_at(world, A_WEEK_LATER)
    world.ingest([flight(4), flight(5, data={"distance": "-1"}), flight(6, account="nobody")])
    compact_day(0, "2013-01-05", objects=world.objects, meters=world.directory.meters())
    world.settle()
    shared = [key for key in world.objects.items if key.startswith(("usage/", "quarantine/", "compact"))]
    words = ("take-out", "UA", "--as", "ben", "--why", "Art. 17 GDPR, request 12")
    code, said = run(*words)
    assert (code, "3 events, 1 refused and 0 discarded ones of UA were in 6 objects" in said) == (0, True), said
    usage = [row for key in world.objects.keys("usage/") for row in log.read_segment(world.objects, key)]
    refused = [line for key in world.objects.keys("quarantine/") for line in log.read_quarantined(world.objects, key)]
    assert {row.account for row in usage} == {"EV"}
    assert [line.account for line in refused] == ["nobody", "nobody"]
    assert not set(shared) <= set(world.objects.items)
    assert not [key for key in world.objects.items if key.startswith("compact")]
    code, said = run("verify")
    assert (code, "Art. 17 GDPR, request 12" in said) == (0, True), said
    assert "0 events, 0 refused and 0 discarded ones of UA were in 0 objects" in run(*words)[1]


def test_what_is_taken_out_by_nobody_or_for_no_reason_stays(world: World) -> None:
    before = dict(world.objects.items)
    assert run("take-out", "UA", "--as", "ben", "--why", "")[0] != 0
    assert world.objects.items == before


def test_nothing_unknown_is_declared_erased_and_what_is_not_declared_is_missed(world: World) -> None:
    assert run("erase", "NOBODY", "--as", "ben", "--why", "x")[0] == 1
    segment = next(key for key in world.objects.items if key.startswith("usage/"))
    quarantined = next(key for key in world.objects.items if key.startswith("quarantine/"))
    assert run("erase", "UA", "--object", segment, "--as", "ben", "--why", "UA left the segment")[0] == 0
    del world.objects.items[segment], world.objects.items[quarantined]
    assert [finding.where for finding in verified(world).findings] == [f"objects {quarantined}"]


def test_an_anchor_that_is_missing_is_named(world: World) -> None:
    anchor_at(world, A_WEEK_LATER)
    assert run("verify")[0] == 0
    del world.anchors.items[f"{ANCHORS}2013-02-04.json"]
    assert "anchor_missing anchor of 2013-02-04" in run("verify")[1]
