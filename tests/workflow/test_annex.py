"""An invoice of many lines: its PDF shows summaries, and an annex has the lines."""

import base64
import csv
import io
import os
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from billproof.adapters.typst.pdf import render_invoice
from billproof.api import customer_files
from billproof.contracts.model import Contract
from billproof.errors import InvalidInput, NotFound, ObjectUnreadable
from billproof.ids import digest_bytes
from billproof.invoicing.annex import COLUMNS, MOST_LINES_SHOWN, annex_of, needs_annex, summaries
from billproof.invoicing.annex_parquet import MOST_LINES_AS_CSV_ALONE, needs_parquet, parquet_of
from billproof.invoicing.delivery import Delivery, deliver_invoice
from billproof.invoicing.kept_annex import read_parquet
from billproof.invoicing.model import Invoice, Released
from billproof.money import total
from tests.support.charges import NOTHING_COMES_OFF, fee, miles
from tests.support.world import INC, JANUARY, World, flight

UA = f"{INC}.{JANUARY}.UA"


def billed(*charges: dict[str, Any], groups: int = 1) -> World:
    """One account with these charges, and as many flights, each from another place."""
    world = World(accounts={"UA"})
    (contract,) = world.directory.contracts("UA")
    terms = contract.model_dump(mode="json") | {"version": 2, "charges": list(charges), **NOTHING_COMES_OFF}
    world.publish(Contract.model_validate(terms))
    world.ingest(flight(number, data={"origin": f"=X{number:05d}"}) for number in range(groups))
    world.bill()
    if world.register.released(UA) is None:
        world.approve_all()
    return world


def document(world: World) -> tuple[Invoice, Released]:
    released = world.register.released(UA)
    assert released is not None
    return world.invoice(UA), released


def deliver(world: World) -> Delivery:
    delivered = deliver_invoice(
        invoice_id=UA,
        register=world.register,
        objects=world.objects,
        archive=world.archive,
        render=render_invoice,
        mailer=world.mailer,
        sender="billing@skymeter.example",
        electronic=world.einvoices,
    )
    assert isinstance(delivered, Delivery)
    return delivered


def test_above_five_hundred_lines_the_pdf_has_summaries_and_the_annex_every_line() -> None:
    world = billed(miles("0.01", group_by=["origin"]), fee("5"), groups=600)
    invoice, released = document(world)
    assert (len(invoice.lines), needs_annex(invoice)) == (601, True)
    shown = summaries(invoice)
    assert [(summary.lines, summary.net.text) for summary in shown] == [(600, "6000.00"), (1, "5.00")]
    rows = list(csv.DictReader(io.StringIO(annex_of(invoice, released).decode())))
    assert tuple(rows[0]) == COLUMNS
    assert [row["line"] for row in rows] == [str(number) for number in range(1, 602)]
    for name in ("net", "tax", "gross"):
        assert sum(Decimal(row[name]) for row in rows) == getattr(invoice.totals, name).amount
    assert {row["dimension"][:1] for row in rows} == {"o", ""}
    assert not any(text.startswith("=") for row in rows for text in row.values())
    assert annex_of(invoice, released) == annex_of(invoice, released)


def test_the_annex_is_kept_and_mailed_beside_the_pdf() -> None:
    world = billed(miles("0.01", group_by=["origin"]), groups=600)
    invoice, released = document(world)
    delivery = deliver(world)
    assert delivery.annex_key == f"documents/{INC}/{JANUARY}/{released.number}-lines.csv"
    assert world.objects.get(delivery.annex_key) == annex_of(invoice, released)
    ((_, mail),) = world.mailer.sent
    assert b"text/csv" in mail
    assert f"{released.number}-lines.csv".encode() in mail
    assert len(world.objects.get(delivery.pdf_key)) < 100_000


def test_an_invoice_of_few_lines_has_no_annex() -> None:
    world = billed(fee("5"))
    delivery = deliver(world)
    assert (delivery.annex_key, delivery.annex_digest) == (None, None)
    assert not any(key.endswith(".csv") for key in world.objects.items)


def test_summaries_are_few_and_add_up_whatever_the_charges() -> None:
    charges = [fee("1") | {"id": f"fee-{number}", "name": f"Fee {number}"} for number in range(MOST_LINES_SHOWN + 10)]
    invoice, _ = document(billed(*charges))
    shown = summaries(invoice)
    assert len(shown) == 1
    assert total((summary.net for summary in shown), invoice.currency) == invoice.totals.net


def test_as_many_lines_as_the_limit_are_billed_and_one_more_holds_the_invoice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("billproof.pricing.service.MOST_LINES", 700)
    world = billed(miles("0.01", group_by=["origin"]), groups=700)
    invoice, released = document(world)
    before = os.times().user
    assert render_invoice(invoice, released).startswith(b"%PDF")
    assert os.times().user - before < 5
    refused = World(accounts={"UA"})
    (contract,) = refused.directory.contracts("UA")
    terms = contract.model_dump(mode="json") | {"version": 2, **NOTHING_COMES_OFF}
    terms["charges"] = [miles("0.01", group_by=["origin"])]
    refused.publish(Contract.model_validate(terms))
    refused.ingest(flight(number, data={"origin": f"X{number}"}) for number in range(701))
    statement = refused.bill()
    (finding,) = [finding for finding in statement.findings if finding.severity == "blocking"]
    assert finding.message == "an invoice has 700 lines at most, that of UA would have 701"


def parquet_rows(data: bytes, tmp_path: Path) -> tuple[list[tuple[Any, ...]], dict[str, str]]:
    """Read a Parquet file: its rows, and the type of each column."""
    file = tmp_path / "lines.parquet"
    file.write_bytes(data)
    with duckdb.connect() as database:
        relation = database.read_parquet(str(file))
        return relation.fetchall(), dict(zip(relation.columns, map(str, relation.types), strict=True))


def test_above_ten_thousand_lines_the_annex_is_parquet_too() -> None:
    world = billed(fee("5"))
    invoice, _ = document(world)
    (line,) = invoice.lines
    assert MOST_LINES_AS_CSV_ALONE == 10_000
    for lines, needs in ((10_000, False), (10_001, True)):
        assert needs_parquet(invoice.model_copy(update={"lines": (line,) * lines})) is needs


def test_the_parquet_file_has_every_line_of_the_csv_with_typed_columns(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("billproof.invoicing.annex_parquet.MOST_LINES_AS_CSV_ALONE", 600)
    world = billed(miles("0.01", group_by=["origin"]), fee("5") | {"name": 'Fee, "gold"'}, groups=600)
    invoice, released = document(world)
    delivery = deliver(world)
    assert delivery.parquet_key == f"documents/{INC}/{JANUARY}/{released.number}-lines.parquet"
    data = world.objects.get(delivery.parquet_key)
    assert digest_bytes(data) == delivery.parquet_digest
    assert parquet_of(annex_of(invoice, released)) == data
    rows, types = parquet_rows(data, tmp_path)
    told = list(csv.DictReader(io.StringIO(annex_of(invoice, released).decode(), newline="")))
    assert tuple(types) == COLUMNS
    figures, days = {"quantity", "billed_quantity", "net", "tax", "gross"}, {"service_start", "service_end"}
    assert {types[name] for name in ("quantity", "billed_quantity")} == {"DECIMAL(38,15)"}
    assert {types[name] for name in ("net", "tax", "gross")} == {"DECIMAL(38,4)"}
    assert {types[name] for name in days} == {"DATE"}
    assert types["line"] == "INTEGER"
    assert len(rows) == len(told) == len(invoice.lines) == 601
    for row, texts in zip(rows, told, strict=True):
        for name, value in zip(COLUMNS, row, strict=True):
            text = texts[name]
            expected: object = text or None
            if name in figures:
                expected = Decimal(text)
            elif name in days:
                expected = date.fromisoformat(text)
            elif name == "line":
                expected = int(text)
            assert value == expected, (name, texts)
    assert sum(row[COLUMNS.index("gross")] for row in rows) == invoice.totals.gross.amount


def test_the_parquet_file_is_mailed_archived_and_offered_to_the_customer_as_it_was_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("billproof.invoicing.annex_parquet.MOST_LINES_AS_CSV_ALONE", 501)
    world = billed(miles("0.01", group_by=["origin"]), groups=502)
    _, released = document(world)
    name = f"{released.number}-lines.parquet"
    delivery = deliver(world)
    ((_, mail),) = world.mailer.sent
    assert name.encode() in mail
    assert name in {file.key.rpartition("/")[2] for file in delivery.archived_files(released)}
    kept = read_parquet(released, register=world.register, objects=world.objects)
    assert kept == world.objects.get(delivery.parquet_key or "")
    ports: Any = world
    assert [file.name for file in customer_files.files_of(released, ports)] == ["pdf", "lines.csv", "lines.parquet"]
    answer = customer_files.file_of("lines.parquet", released, ports)
    assert base64.b64decode(answer["body"]) == kept
    world.objects.items[delivery.parquet_key or ""] = b"PAR1 another one"
    with pytest.raises(ObjectUnreadable):
        read_parquet(released, register=world.register, objects=world.objects)


def test_an_invoice_of_fewer_lines_has_no_parquet_file_and_its_fact_is_as_it_was_before() -> None:
    world = billed(fee("5"))
    delivery = deliver(world)
    _, released = document(world)
    assert not {"parquet_key", "parquet_digest"} & set(delivery.model_dump(mode="json"))
    assert read_parquet(released, register=world.register, objects=world.objects) is None
    ports: Any = world
    with pytest.raises(NotFound):
        customer_files.file_of("lines.parquet", released, ports)


def test_a_figure_that_a_column_would_round_is_refused() -> None:
    row = [
        "N",
        "1",
        "UA",
        "c",
        "fee",
        "d",
        "2013-01-01",
        "2013-02-01",
        "",
        "",
        "1",
        "1",
        "",
        "USD",
        "1.00001",
        "0",
        "1",
    ]
    data = "\r\n".join((",".join(COLUMNS), ",".join(row), "")).encode()
    with pytest.raises(InvalidInput, match="line 1 of the annex has more than 4 decimals of net"):
        parquet_of(data)
