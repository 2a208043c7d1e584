"""Statements of account, reminders, receipts and pro forma invoices as PDFs, in each language."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pytest
from pypdf import PdfReader

from billproof.adapters.typst.account_documents import account_document_shown, render_account_document
from billproof.adapters.typst.payment_codes import transfer_code
from billproof.errors import InvalidInput, NotFound
from billproof.pipeline.customer_documents import give_document
from billproof.pipeline.previewing import preview
from billproof.receivables.account_documents import StatementDocument
from billproof.receivables.statement import state_account
from billproof.wording.catalogue import LANGUAGES
from tests.support.account_documents import (
    FEB,
    JAN,
    documents,
    long_statement,
    open_world,
    parties,
    receipt_document,
    reminder_document,
    statement_document,
)
from tests.support.cash import eur, number_of, receipt, receivables_of, take, usd
from tests.support.given_documents import give, kept, pages_of, plain, sources
from tests.support.reminders import reminding_world
from tests.support.world import INC


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_document_is_in_the_customer_s_language_and_the_same_bytes(language: str) -> None:
    world = open_world()
    for document in documents(world, f"{language}_XX").values():
        first, second = (render_account_document(document) for _ in range(2))
        shown = account_document_shown(document)
        reader = PdfReader(io.BytesIO(first))
        assert first == second
        assert shown["lang"] == str(reader.root_object["/Lang"]) == language
        assert shown["title"] in pages_of(first)[0]
        assert "{" not in "".join(pages_of(first)), "a value was left out of a text"


def test_a_statement_says_what_the_figures_say() -> None:
    world = open_world()
    document = statement_document(world, "en_US")
    (stated,) = document.statement.currencies
    (page,) = pages_of(render_account_document(document))
    for said in (
        f"{number_of(world, JAN)} 31 days overdue paid: €12.34",
        f"€12.34 for {number_of(world, JAN)}",
        "1 to 30 days overdue €30.00",
        "31 to 60 days overdue €17.66",
        "To pay €47.66",
        "IBAN DE89 3704 0044 0532 0130 00",
    ):
        assert said in plain(page), said
    assert stated.to_pay == eur("47.66")


def test_a_receipt_says_what_is_left_and_what_went_back() -> None:
    world = open_world()
    state = take(world, receipt(eur(20), "3", remittance=number_of(world, JAN)))
    document = replace(receipt_document(world, "en_US"), state=state)
    (page,) = pages_of(render_account_document(document))
    for said in (
        "We received €20.00 on Feb 15, 2013",
        f"{number_of(world, JAN)} €17.66",
        "for these invoices €17.66",
        "left for later invoices €2.34",
        "Received €20.00",
    ):
        assert said in plain(page), said


@pytest.mark.parametrize(("level", "title"), [(1, "Payment reminder"), (2, "Overdue notice"), (3, "Final notice")])
def test_a_reminder_has_the_title_and_text_of_its_level_and_a_code_to_pay_all_of_it(level: int, title: str) -> None:
    world = open_world()
    document = reminder_document(world, "en_US", level=level)
    document = replace(document, rows=tuple(row.model_copy(update={"level": level}) for row in document.rows))
    shown = account_document_shown(document)
    (page,) = pages_of(render_account_document(document))
    assert title in page
    assert f"Level {level} of 3" in page
    assert document.text in page
    assert "To pay €47.66" in plain(page)
    account = document.parties.stated("EUR").pay_to
    numbers = f"{number_of(world, JAN)} {number_of(world, FEB)}"
    assert shown["payment"]["code"] == transfer_code(account, eur("47.66"), None, numbers) is not None


def test_who_states_no_account_of_the_currency_asks_for_a_transfer_to_none() -> None:
    document = reminder_document(open_world(), "en_US")
    silent = replace(document, parties=replace(document.parties, documents=None))
    assert account_document_shown(silent)["payment"] is None


def test_pages_carry_what_their_rows_come_to_forward() -> None:
    """1.25 a row: each page ends, and the next one begins, with what all rows before come to."""
    pdf = render_account_document(long_statement(open_world(), "en_US", 60))
    rows = 0
    *pages, last = [plain(page) for page in pages_of(pdf)]
    assert len(pages) > 2
    for place, page in enumerate(pages):
        brought = f"Brought forward €{rows * 1.25:.2f}"
        assert (brought in page) is (place > 0)
        rows += page.count(" 31 days overdue")
        assert (f"Carried forward €{rows * 1.25:.2f}" in page) is (rows < 60)
    assert rows == 60
    assert "forward" not in last


def test_long_names_stay_on_the_page() -> None:
    """Nothing is printed beyond the right margin, 2.2 cm of 595 points."""
    name = "Gesellschaft für außerordentlich lange Firmenbezeichnungen und deren Verwaltung mit beschränkter Haftung"
    for document in documents(open_world(), "de_DE", name=name).values():
        ends: list[float] = []

        def see(text: str, _cm: Any, matrix: Any, _font: Any, size: float, ends: list[float] = ends) -> None:
            if text.strip():
                ends.append(matrix[4])

        (page, *_) = PdfReader(io.BytesIO(render_account_document(document))).pages
        page.extract_text(visitor_text=see)
        assert max(ends) < 595 - 62


def test_what_a_customer_is_given_is_kept_once_under_its_digest() -> None:
    world = open_world()
    first, second = (give(world, "statement-2013-02-20") for _ in range(2))
    assert first == second
    (key,) = kept(world)
    assert key.startswith(f"account-documents/{INC}/UA/statement-2013-02-20-")
    assert world.objects.get(key) == first.pdf
    take(world, receipt(eur(1), "9", remittance=number_of(world, JAN)))
    assert give(world, "statement-2013-02-20").pdf != first.pdf
    assert len(kept(world)) == 2
    assert world.objects.get(key) == first.pdf


def test_a_receipt_is_given_to_whose_money_it_is() -> None:
    world = open_world()
    state = take(world, receipt(eur(20), "3", remittance=number_of(world, JAN)))
    assert pages_of(give(world, f"receipt-{state.receipt.id}").pdf)
    nobody = take(world, receipt(usd(7), "4"))
    ua = world.directory.account("UA")
    assert ua is not None
    other = ua.model_copy(update={"id": "DL"})
    for name, account in ((f"receipt-{nobody.receipt.id}", ua), (f"receipt-{state.receipt.id}", other)):
        with pytest.raises(NotFound):
            give_document(name, account, sources(world))
    with pytest.raises(NotFound):
        give(world, "receipt-R0")


def test_a_pro_forma_invoice_is_the_preview_and_none_of_what_is_billed() -> None:
    world, now = reminding_world(JAN), datetime(2013, 4, 2, 17, tzinfo=UTC)
    march = give(world, "pro-forma-2013-03", clock=lambda: now)
    (previewed,) = preview(
        legal_entity=INC, period="2013-03", accounts=["UA"], sources=world.preview_sources(), now=now
    )
    assert previewed.invoice is not None
    said = plain(pages_of(march.pdf)[0])
    assert f"${previewed.invoice.totals.gross.amount:.2f}" in said
    assert "This is no invoice and asks for no payment" in said
    assert "IBAN" not in said
    with pytest.raises(NotFound, match="no rate of EUR"):
        give(open_world(), "pro-forma-2013-03", clock=lambda: now)
    with pytest.raises(NotFound, match="was billed as SKY-US-2013-000001"):
        give(world, "pro-forma-2013-01")


@pytest.mark.parametrize("name", ["invoice", "statement2013", "reminder-2013-03-08", "receipts", "pro-forma"])
def test_a_name_of_nothing_is_not_found(name: str) -> None:
    with pytest.raises(NotFound):
        give(open_world(), name)


@pytest.mark.parametrize("day", ["2013-02-21", "tomorrow", "2013-W08-1"])
def test_a_statement_of_a_day_that_is_to_come_or_is_none_is_refused(day: str) -> None:
    with pytest.raises(InvalidInput):
        give(open_world(), f"statement-{day}")


def test_a_statement_of_nothing_says_so() -> None:
    world = reminding_world()
    account = world.directory.account("UA")
    assert account is not None
    stated = partial(state_account, "UA", receivables_of(world), world.dispute_book, only_open=True)
    document = StatementDocument(parties(world, "en_US"), stated(on=date(2013, 1, 2)))
    assert "Nothing is open." in pages_of(render_account_document(document))[0]
