"""The archive of issued documents: what is in it, its index, and what is named when something is not as it was."""

import csv
import json
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from billproof.identities import InvoiceId
from billproof.ids import digest_bytes
from billproof.invoicing.check_codes import check_code
from billproof.invoicing.delivery import Delivery, HandedOn
from billproof.invoicing.facts import DELIVERED, RELEASED, fact_key
from billproof_ops import cli
from billproof_ops.archiving import ArchiveIndex, export_index
from billproof_ops.target import Target
from billproof_ops.verifying import verify_document
from tests.support.faults import restore, snapshot
from tests.support.histories_of_documents import GERMAN, SPANISH, billed, hand_on, send
from tests.support.world import EUROPE, World

YEAR = (date(2013, 1, 1), date(2013, 12, 31))


@pytest.fixture(scope="module")
def month() -> tuple[World, dict[str, Any]]:
    """All of Europe's month, delivered: its customers take electronic forms. And what is stored of it."""
    world = billed()
    for document in world.register.series(EUROPE, 2013):
        if isinstance(hand_on(world, document), HandedOn):
            send(world, document)
    return world, snapshot(world)


@pytest.fixture
def world(month: tuple[World, dict[str, Any]]) -> World:
    """The month as it was delivered, whatever the test before did to it."""
    restore(*month)
    return month[0]


def delivered(world: World, document: str = GERMAN) -> Delivery:
    return Delivery.model_validate(world.register.fact(document, DELIVERED))


def keys_of(world: World, document: str = GERMAN) -> dict[str, str]:
    """Return where each file of a document is in the archive, by what it is."""
    released = world.register.released(document)
    assert released is not None
    return {file.what: file.key for file in delivered(world, document).archived_files(released)}


def target_of(world: World) -> Target:
    return cast("Target", SimpleNamespace(ports=world))


def verified(world: World) -> dict[str, bool]:
    released = world.register.released(GERMAN)
    assert released is not None
    checks = verify_document(target_of(world), released, file=None, check_code=check_code(released.document.digest))
    return {one.what: one.holds for one in checks}


def exported(world: World, folder: Path) -> ArchiveIndex:
    return export_index(target_of(world), EUROPE, *YEAR, folder)


def missing(folder: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (folder / "missing.jsonl").read_text().splitlines()]


def test_every_file_of_a_document_is_archived_with_its_record_until_the_retention_of_its_seller_ends(
    world: World,
) -> None:
    number = delivered(world).number
    keys = keys_of(world)
    assert {what: key.rpartition("/")[2] for what, key in keys.items()} == {
        "record": f"{number}.json",
        "PDF": f"{number}.pdf",
        "electronic document": f"{number}.xml",
    }
    for key in keys.values():
        assert key.startswith(f"archive/{EUROPE}/2013/{number}/{digest_bytes(world.archive.items[key])}/")
        # a German seller, before the law of 2024: ten years after 2013
        assert world.archive.until[key] == datetime(2024, 1, 1, 12, tzinfo=UTC)
    assert delivered(world).archived_until == date(2023, 12, 31)


def test_what_is_delivered_again_is_archived_once(world: World) -> None:
    before = dict(world.archive.items)
    del world.records["invoices"].items[fact_key(InvoiceId.parse(GERMAN), DELIVERED)]
    hand_on(world)
    send(world)
    assert world.archive.items == before


def test_verify_reads_the_archive_back_and_holds_the_facts_against_the_chain(world: World) -> None:
    assert verified(world) == {
        "record": True,
        "check code": True,
        "PDF": True,
        "electronic document": True,
        "archived record": True,
        "archived PDF": True,
        "archived electronic document": True,
        "audit chain": True,
    }


def test_verify_names_what_was_removed_from_the_archive_or_changed_in_it(world: World) -> None:
    keys = keys_of(world)
    del world.archive.items[keys["PDF"]]
    world.archive.items[keys["record"]] = b"{}"
    wrong = {what for what, holds in verified(world).items() if not holds}
    assert wrong == {"archived PDF", "archived record"}


@pytest.mark.parametrize("fact", [RELEASED, DELIVERED])
def test_verify_names_a_fact_that_is_not_as_the_chain_recorded_it(world: World, fact: str) -> None:
    items = world.records["invoices"].items
    place = fact_key(InvoiceId.parse(GERMAN), fact)
    items[place] = {**items[place], "number": "SKY-EU-2013-999999"}
    assert not verified(world)["audit chain"]


def test_the_index_has_every_number_of_the_series_and_where_its_files_are(world: World, tmp_path: Path) -> None:
    index = exported(world, tmp_path)
    documents = world.register.series(EUROPE, 2013)
    assert (index.documents, index.missing) == (len(documents), 0)
    ((series, first, last),) = ((one.series, one.first, one.last) for one in index.series)
    assert (first, last) == (f"{series}-000001", f"{series}-{len(documents):06d}")
    lines = [json.loads(line) for line in (tmp_path / "index.jsonl").read_text().splitlines()]
    assert [line["number"] for line in lines] == [f"{series}-{ordinal + 1:06d}" for ordinal in range(len(documents))]
    for line, document in zip(lines, documents, strict=True):
        invoice = world.invoice(document)
        assert line["gross"] == str(invoice.totals.gross.amount)
        assert [world.archive.items[file["key"]] for file in line["files"]]
        assert all(digest_bytes(world.archive.items[file["key"]]) == file["sha256"] for file in line["files"])
    with (tmp_path / "index.csv").open(newline="") as file:
        assert [row["check_code"] for row in csv.DictReader(file)] == [line["check_code"] for line in lines]
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    for name, stated in manifest["files"].items():
        assert stated["sha256"] == digest_bytes((tmp_path / name).read_bytes())


def test_the_index_names_what_is_missing(world: World, tmp_path: Path) -> None:
    documents = world.register.series(EUROPE, 2013)
    keys, number = keys_of(world), delivered(world).number
    del world.archive.items[keys["PDF"]]
    spanish = delivered(world, SPANISH).number
    del world.records["invoices"].items[fact_key(InvoiceId.parse(SPANISH), DELIVERED)]
    third = next(document for document in documents if document not in {GERMAN, SPANISH})
    gone = delivered(world, third).number
    del world.records["invoices"].items[fact_key(InvoiceId.parse(third), RELEASED)]
    assert exported(world, tmp_path).missing == 3
    assert sorted((one["name"], one["why"]) for one in missing(tmp_path)) == sorted(
        [
            (number, f"its PDF in the archive is gone: {keys['PDF']}"),
            (spanish, "is not in the archive: it was not delivered yet"),
            (gone, f"was given to {third}, which is not released"),
        ]
    )


def test_a_document_that_was_delivered_before_there_was_an_archive_is_named(world: World, tmp_path: Path) -> None:
    items = world.records["invoices"].items
    place = fact_key(InvoiceId.parse(GERMAN), DELIVERED)
    items[place] = {name: value for name, value in items[place].items() if name != "archived_until"}
    assert exported(world, tmp_path).missing == 1
    assert missing(tmp_path)[0]["why"] == "is not in the archive: it was delivered before there was one"


def test_a_gap_in_the_series_is_named(world: World, tmp_path: Path) -> None:
    items = world.records["invoices"].items
    (place, *_) = [key for key in items if key.partition.startswith(f"numbers#{EUROPE}#2013")]
    items[place] = {**items[place], "first": 2}
    exported(world, tmp_path)
    assert "the next number is 1" in missing(tmp_path)[0]["why"]


def test_the_command_writes_the_index_and_fails_where_something_is_missing(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Target, "find", lambda: target_of(world))
    words = ["archive", "export", str(tmp_path), "-e", EUROPE, "--from", "2013-01-01", "--to", "2013-12-31"]
    answer = CliRunner().invoke(cli.app, words)
    assert (answer.exit_code, "nothing is missing" in answer.output) == (0, True)
    del world.archive.items[keys_of(world)["record"]]
    assert CliRunner().invoke(cli.app, words).exit_code == 1
