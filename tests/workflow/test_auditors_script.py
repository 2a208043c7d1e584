"""docs/auditors/verify.py: an auditor verifies an export, and the objects that were given, with nothing of ours."""

import csv
import hashlib
import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from billproof.audit.exporting import export
from billproof.audit.heads import anchor_days, read_anchors
from billproof_ops.paths import ROOT
from tests.support.playing import played_once
from tests.support.world import INC, JANUARY, World, flight

VERIFIER = ROOT / "docs/auditors/verify.py"


@pytest.fixture
@played_once
def world() -> World:
    """UA is billed and posted, and the day of that is anchored."""
    world = World(accounts={"UA"})
    world.ingest([flight(1), flight(2, account="nobody")])
    world.bill()
    world.post_all()
    world.settle()
    world.moment = datetime(2013, 2, 3, 1, tzinfo=UTC)
    anchor_days(world.chain, world.anchors, today=world.moment.date())
    world.settle()
    return world


def exported(world: World, folder: Path) -> None:
    export(world.chain, read_anchors(world.anchors), folder, at="2013-02-03T01:00:00.000000Z", with_keys=True)


def verify_as_auditor(folder: Path, *more: str) -> tuple[int, str]:
    answer = subprocess.run(
        [sys.executable, "-I", VERIFIER, folder, *more], capture_output=True, text=True, check=False
    )
    return answer.returncode, answer.stdout + answer.stderr


def test_an_export_is_verified_by_a_script_that_imports_nothing_of_ours(world: World, tmp_path: Path) -> None:
    exported(world, tmp_path)
    for key, data in world.objects.items.items():
        path = tmp_path / "objects" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    code, said = verify_as_auditor(tmp_path, str(tmp_path / "objects"))
    assert (code, "chains hold" in said) == (0, True), said
    rows = list(csv.DictReader(io.StringIO((tmp_path / "entries.csv").read_text())))
    assert {row["store"] for row in rows} >= {"objects", "invoices", "ledger"}
    text = VERIFIER.read_text()
    assert len(text.splitlines()) <= 50
    assert "billproof." not in text.replace("billproof's", "")


@pytest.mark.parametrize("spoil", ["block", "order", "anchor", "object", "manifest"])
def test_an_auditor_finds_what_was_changed_in_an_export(world: World, tmp_path: Path, spoil: str) -> None:
    exported(world, tmp_path)
    blocks = (tmp_path / "blocks.jsonl").read_text().splitlines()
    stored = tmp_path / "objects"
    key = next(key for key in world.objects.items if key.startswith("usage/"))
    (stored / key).parent.mkdir(parents=True)
    (stored / key).write_bytes(world.objects.items[key] if spoil != "object" else b"other")
    match spoil:
        case "block":
            blocks[3] = blocks[3].replace('"function":"billproof"', '"function":"another"')
        case "order":
            blocks[2], blocks[3] = blocks[3], blocks[2]
        case "anchor":
            anchors = (tmp_path / "anchors.jsonl").read_text()
            (tmp_path / "anchors.jsonl").write_text(anchors.replace('"root":"', '"root":"00', 1))
    if spoil != "object":
        (tmp_path / "blocks.jsonl").write_text("\n".join(blocks) + "\n")
    if spoil == "manifest":
        (tmp_path / "entries.csv").write_text("")
    if spoil != "manifest":
        _name_anew(tmp_path)  # whoever changes a file changes what the manifest says of it
    code, said = verify_as_auditor(tmp_path, str(stored))
    assert (code, "hold" in said) == (1, False), said


@pytest.mark.parametrize(("held", "code"), [(b"first", 1), (b"second", 0), (b"third", 1)])
def test_an_auditor_compares_what_was_written_again_with_its_last_record(
    held: bytes, code: int, world: World, tmp_path: Path
) -> None:
    """A report of reconciliation is written each night: only that of the last one is there."""
    report = f"reconciliation/{INC}/{JANUARY}.json"
    for content in (b"first", b"second"):
        world.objects.put(report, content)
        world.settle()
    exported(world, tmp_path)
    (tmp_path / "objects" / report).parent.mkdir(parents=True)
    (tmp_path / "objects" / report).write_bytes(held)
    answer, said = verify_as_auditor(tmp_path, str(tmp_path / "objects"))
    assert (answer, report in said) == (code, bool(code)), said


def test_an_auditor_takes_an_object_whose_record_nobody_confirmed_for_what_any_record_says(
    world: World, tmp_path: Path
) -> None:
    """Two writers had the same place in mind; the second one died before it could say that the first was faster."""
    key = f"runs/{INC}-{JANUARY}-001/maps/one.json"
    assert world.objects.create(key, b"first")
    assert not world.objects.create(key, b"second")
    exported(world, tmp_path)
    (tmp_path / "objects" / key).parent.mkdir(parents=True)
    (tmp_path / "objects" / key).write_bytes(b"first")
    assert verify_as_auditor(tmp_path, str(tmp_path / "objects"))[0] == 0


def _name_anew(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    for name, stated in manifest["files"].items():
        stated["sha256"] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
