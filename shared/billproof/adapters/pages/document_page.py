"""The page of a document: what its PDF says, what is open of it, its files, and a form that disputes it.

It has no script, loads nothing from elsewhere, and is read as well on a phone, in the dark and by a screen reader.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from importlib import resources
from typing import Any

from billproof.adapters.typst.pdf import shown
from billproof.adapters.typst.texts import Writer
from billproof.invoicing.model import Invoice, Released
from billproof.money import Money
from billproof.receivables.disputes import DisputeCause, OpenedDispute
from billproof.wording.catalogue import page_text

DISPUTE_ID = "dispute"
"""The part of the page with the form, which its address ends in after a dispute was sent."""


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file of a document: the name of its text, and its name in the address of the page."""

    text: str
    name: str


@dataclass(frozen=True, slots=True)
class OpenedPage:
    """What a page shows. `address` is its own, `open` what is left to pay; None of a credit note.

    `pay_at` is where the seller takes payments online, `lines` what can be disputed one by one: a value and its text.
    `problem` names what was wrong with a dispute that was just sent.
    """

    invoice: Invoice
    released: Released
    address: str
    files: Sequence[PageFile]
    open: Money | None
    pay_at: str = ""
    lines: Sequence[tuple[str, str]] = ()
    disputes: Sequence[OpenedDispute] = ()
    can_be_disputed: bool = False
    problem: str = ""
    sent: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Html:
    """A page, and the policy under which a browser may show it: its own style, and pictures inside of it."""

    text: str
    content_security_policy: str


def draw_page(page: OpenedPage) -> Html:
    """Return the page of a document in its customer's language."""
    writer = Writer(page.invoice.buyer.locale)
    document = shown(page.invoice, page.released)
    title = f"{document['title']} {document['number']}"
    body = "".join(
        (
            _head(document, title),
            _state(page, writer),
            _actions(page, writer),
            _parties(document),
            *(_part(part) for part in document["parts"]),
            *(f"<p>{escape(note)}</p>" for note in document["notes"]),
            _payment(document["payment"], writer),
            _dispute(page, writer),
            _foot(document),
        )
    )
    title = f"{title} – {page.invoice.seller.name}"
    return whole_page(title, body, language=writer.language, colour=document["colour"])


def whole_page(title: str, body: str, *, language: str = "en", colour: str = "#57606a") -> Html:
    """Return a page around its body, which is HTML already; a browser may load nothing but what is in it."""
    style = f":root {{ --seller: {colour}; }}\n{_style()}"
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    text = (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>{body}</main>\n</body>\n</html>\n"
    )
    return Html(text, policy)


@cache
def _style() -> str:
    return resources.files("billproof.adapters.pages").joinpath("page.css").read_text()


def _head(document: dict[str, Any], title: str) -> str:
    logo = ""
    if document["logo"]:
        data = base64.b64encode(document["logo"].encode()).decode()
        logo = f'<img alt="{escape(document["seller"]["name"])}" src="data:image/svg+xml;base64,{data}">'
    said = f"<div><h1>{escape(title)}</h1><p>{escape(document['seller']['name'])}</p></div>"
    return f"<header>{said}{logo}</header>"


def _state(page: OpenedPage, writer: Writer) -> str:
    if page.open is None:
        return ""
    if page.open.amount > 0:
        said = _said(writer, "open", amount=writer.money(page.open), due=writer.day(page.invoice.due_date))
    else:
        said = _said(writer, "paid")
    return f'<p class="state">{said}</p>'


def _actions(page: OpenedPage, writer: Writer) -> str:
    actions = []
    if page.pay_at and page.open is not None:
        said = _said(writer, "pay", amount=writer.money(page.open))
        actions.append(f'<li><a class="button first" rel="noreferrer" href="{escape(page.pay_at)}">{said}</a></li>')
    for file in page.files:
        address = escape(f"{page.address}/{file.name}")
        actions.append(f'<li><a class="button" href="{address}">{_said(writer, file.text)}</a></li>')
    return f'<ul class="actions">{"".join(actions)}</ul>'


def _parties(document: dict[str, Any]) -> str:
    buyer, seller = document["buyer"], document["seller"]
    to = [buyer["name"], *buyer["address"], *filter(None, [document["buyer_vat_number"]])]
    by = [*seller["address"], *document["seller_tax_numbers"], *filter(None, [document["contact"]])]
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in document["facts"])
    addressee = f'<p class="quiet">{escape(document["addressee"])}</p>{_paragraphs(to)}'
    sender = f'<p class="quiet">{escape(seller["name"])}</p>{_paragraphs(by)}'
    return f'<div class="parties"><div>{addressee}</div><div>{sender}</div></div><dl class="facts">{facts}</dl>'


def _paragraphs(texts: Iterable[str]) -> str:
    return "".join(f"<p>{escape(text)}</p>" for text in texts)


def _part(part: dict[str, Any]) -> str:
    return _table(part) if part["kind"] == "table" else _sums(part)


def _table(part: dict[str, Any]) -> str:
    names = [escape(name) for name in part["columns"]]
    head = "".join(f'<th scope="col" role="columnheader">{name}</th>' for name in names)
    rows = []
    for section in part["sections"]:
        if section["name"]:
            cells = f'<td role="cell">{escape(section["name"])}</td>{"<td role=cell></td>" * (len(names) - 2)}'
            rows.append(f'<tr role="row" class="total">{cells}<td role="cell">{escape(section["sum"] or "")}</td></tr>')
        rows += [_row(row, names) for row in section["rows"]]
    return (
        f'<div class="lines"><table role="table"><thead role="rowgroup"><tr role="row">{head}</tr></thead>'
        f'<tbody role="rowgroup">{"".join(rows)}</tbody></table></div>'
    )


def _row(row: dict[str, Any], names: Sequence[str]) -> str:
    first, *others = row["cells"]
    details = "".join(f"<small>{escape(detail)}</small>" for detail in row["details"])
    cells = "".join(
        f'<td role="cell" data-name="{name}">{escape(cell)}</td>' if cell else '<td role="cell"></td>'
        for name, cell in zip(names[1:], others, strict=True)
    )
    return f'<tr role="row"><td role="cell">{escape(first)}{details}</td>{cells}</tr>'


def _sums(part: dict[str, Any]) -> str:
    def of(pair: Sequence[str], kind: str = "") -> str:
        return f'<tr{kind}><th scope="row">{escape(pair[0])}</th><td>{escape(pair[1])}</td></tr>'

    rows = [*map(of, part["before"]), of(part["total"], ' class="total"'), *map(of, part["after"])]
    return f'<div class="sums"><table><tbody>{"".join(rows)}</tbody></table></div>'


def _payment(payment: dict[str, Any] | None, writer: Writer) -> str:
    if payment is None:
        return ""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in payment["account"])
    heading = f"<h2>{_said(writer, 'how_to_pay')}</h2><p>{escape(payment['terms'])}</p>"
    return f"{heading}<dl>{rows}</dl>{_paragraphs(payment['remit'])}"


def _dispute(page: OpenedPage, writer: Writer) -> str:
    """Return what is disputed of a document, and the form for what is not yet."""
    said = [
        _said(
            writer,
            "disputed",
            day=writer.day(one.opened_on),
            amount=writer.money(one.amount),
            cause=page_text(writer.language, f"cause_{one.cause}"),
            deadline=writer.day(one.deadline),
        )
        for one in page.disputes
    ]
    known = "".join(f'<p role="status">{text}</p>' for text in said)
    if not (page.can_be_disputed or known or page.problem):
        return ""
    problem = f'<p role="alert" class="warn">{_said(writer, page.problem)}</p>' if page.problem else ""
    form = _form(page, writer) if page.can_be_disputed else ""
    return f'<h2 id="{DISPUTE_ID}">{_said(writer, "dispute")}</h2>{known}{problem}{form}'


def _form(page: OpenedPage, writer: Writer) -> str:
    causes = [(cause.value, page_text(writer.language, f"cause_{cause}")) for cause in DisputeCause]
    whole = [] if page.disputes else [("", page_text(writer.language, "whole"))]
    parts = [*whole, *page.lines]
    reason = escape(page.sent.get("reason", ""))
    return (
        f'<form method="post" action="{escape(page.address)}/disputes"><p>{_said(writer, "dispute_hint")}</p>'
        f"{_select('line', _said(writer, 'which'), parts, page.sent)}"
        f"{_select('cause', _said(writer, 'what'), causes, page.sent)}"
        f'<label>{_said(writer, "reason")}<textarea name="reason" rows="3" minlength="3" maxlength="400" required>'
        f"{reason}</textarea></label><button>{_said(writer, 'send')}</button></form>"
    )


def _select(name: str, label: str, options: Iterable[tuple[str, str]], sent: dict[str, str]) -> str:
    drawn = "".join(
        f'<option value="{escape(value)}"{" selected" if sent.get(name) == value else ""}>{escape(text)}</option>'
        for value, text in options
    )
    return f'<label>{label}<select name="{name}">{drawn}</select></label>'


def _foot(document: dict[str, Any]) -> str:
    texts = (*document["small"], *document["footer"])
    return f"<footer>{''.join(f'<p class="quiet">{escape(text)}</p>' for text in texts)}</footer>"


def _said(writer: Writer, name: str, **values: str) -> str:
    return escape(page_text(writer.language, name, **values))
