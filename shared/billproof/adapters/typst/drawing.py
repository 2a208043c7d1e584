"""Drawing a document with typst: one template, whose parts each document puts together in an order of its own."""

import json
from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

import typst

from billproof.adapters.typst.qr_bill import in_groups
from billproof.adapters.typst.texts import Writer
from billproof.invoicing.model import Buyer, Seller
from billproof.invoicing.particulars import Particulars

COLOUR = "#0b6e6e"
NUMBER_NAMES = {"AU": "ABN", "CA": "GST/HST"}
"""What the number of a registration is called where it does not begin with its country."""
TEXTS = ("page", "scan", "carried_forward", "brought_forward")
"""Texts that the template itself writes."""

type Part = dict[str, Any]
"""A heading, paragraph, banner, table, sums or bars: `kind` says which, and the template how it is drawn."""
type Row = dict[str, Any]
"""A row of a table: its cells, what stands small under the first one, and what the rows come to up to here."""


@cache
def _fonts() -> typst.Fonts:
    """Return the fonts that typst carries, read once: that takes as long as drawing half a page."""
    return typst.Fonts(include_system_fonts=False)


@cache
def _template() -> bytes:
    return resources.files("billproof.adapters.typst").joinpath("document.typ").read_bytes()


def draw(document: dict[str, Any], day: date) -> bytes:
    """Draw a document of a day as PDF/A-3, tagged for screen readers; the same document always gives the same bytes.

    PDF/A-3 is for archives and may hold the XML of an electronic invoice; PDF/UA is tagged for screen readers.
    Only the fonts that typst carries are used, so every machine draws the same.
    """
    pdf = typst.compile(
        _template(),
        format="pdf",
        sys_inputs={"document": json.dumps(document, ensure_ascii=False)},
        font_paths=_fonts(),
        timestamp=(day - date(1970, 1, 1)).days * 86_400,
        pdf_standards=["a-3a", "ua-1"],
    )
    if not isinstance(pdf, bytes):
        message = "typst produced no document"
        raise TypeError(message)
    return pdf


def letterhead(seller: Seller, buyer: Buyer, stated: Particulars, writer: Writer) -> dict[str, Any]:
    """Return what all documents of a legal entity to a customer have: both parties, the look, whom to ask."""
    return {
        "lang": writer.language,
        "colour": stated.colour or COLOUR,
        "logo": stated.logo,
        "footer": list(stated.footer),
        "seller": {"name": seller.name, "address": writer.address(seller.address)},
        "seller_tax_numbers": _tax_numbers(seller, writer),
        "buyer": {"name": buyer.name, "address": writer.address(buyer.address)},
        "buyer_vat_number": buyer.vat_number and f"{writer.text('vat_number')} {buyer.vat_number}",
        "addressee": writer.text("customer"),
        "contact": _contact(stated, writer),
        "notes": [],
        "payment": None,
        "small": [],
        "texts": {name: writer.template(name) for name in TEXTS},
    }


def _tax_numbers(seller: Seller, writer: Writer) -> list[str]:
    return [
        f"{writer.text('vat_number')} {number}"
        if number.startswith(place)
        else f"{NUMBER_NAMES.get(place, place)} {number}"
        for place, number in seller.tax_numbers.items()
    ]


def _contact(stated: Particulars, writer: Writer) -> str | None:
    contact = stated.contact
    if contact is None:
        return None
    ways = ", ".join(part for part in (contact.name, contact.email, contact.phone) if part)
    return f"{writer.text('contact')}: {ways}"


def account_rows(stated: Particulars, writer: Writer) -> list[list[str]]:
    """Return the bank account that is paid to, line by line: each with its name."""
    account = stated.pay_to
    if account is None:
        return []
    rows = [
        (writer.text("pay_to"), account.holder),
        ("IBAN", account.iban and in_groups(account.iban)),
        ("BIC", account.bic),
        (writer.text("routing_number"), account.routing_number),
        (writer.text("account_number"), account.account_number),
        (writer.text("bank"), account.bank),
    ]
    return [[name, text] for name, text in rows if text]


def table(columns: Sequence[str], rows: Sequence[Row], *, name: str = "") -> Part:
    """Return a table without sections; rows that carry sums over pages are of the table of that name."""
    return sectioned(columns, [{"name": None, "sum": None, "rows": list(rows)}], name=name)


def sectioned(columns: Sequence[str], sections: Sequence[Part], *, name: str = "") -> Part:
    """Return a table of sections, each with a name and a sum, or neither."""
    return {"kind": "table", "name": name, "columns": list(columns), "sections": list(sections)}


def row(*cells: str, details: Sequence[str] = (), carried: str | None = None) -> Row:
    """Return a row of a table."""
    return {"cells": list(cells), "details": list(details), "carried": carried}


def sums(total: Sequence[str], *, before: Sequence[Sequence[str]] = (), after: Sequence[Sequence[str]] = ()) -> Part:
    """Return what a table comes to: a total, each with its name, and what stands before and after it."""
    parts = {"before": [list(pair) for pair in before], "after": [list(pair) for pair in after]}
    return {"kind": "sums", "total": list(total), **parts}
