"""The pages of customers, which no authorizer stands before: whoever has the token of a link sees its one document.

    GET  /p/<token>             the document, what is open of it, and a form
    GET  /p/<token>/pdf         its files: pdf, electronic, lines.csv and lines.parquet
    POST /p/<token>/disputes    the customer disputes it, or a line of it

token | the document that it opens | what is asked for | logged
      ^ else 404, always the same: for a token of nothing, one that ended, and one that was revoked

Nothing but facts beside one document is read until a token is known. A use is a line of the log, with the digest of its
token. A customer has one dispute of a document, or of each of its lines, open at a time: asked again it is that one.
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

from pydantic import ValidationError

from billproof.api.asked import method_of, text_of
from billproof.api.customer_files import FILES, HEADERS, file_of, files_of
from billproof.api.problems import Problem
from billproof.errors import BillproofError, Contended, InvalidInput, NotFound
from billproof.findings import Owner
from billproof.handlers import count, log_failure, log_result

if TYPE_CHECKING:
    from billproof.adapters.pages.document_page import Html, OpenedPage
    from billproof.composition import Composition
    from billproof.invoicing.model import Invoice, Released
    from billproof.payments.receivables import Receivables
    from billproof.receivables.dispute_notes import WantedDispute
    from billproof.receivables.disputes import DisputeState, OpenedDispute

    Response = dict[str, Any]

BY_CUSTOMER = "customer page"
"""Who opens a dispute from a page: no person's id holds a blank."""
DISPUTE_DAYS = 14
"""Days until which what a customer disputes here is decided."""
MOST_TIMES = 3
"""How often a document, or a line of it, is disputed here; decided so often, it is for people to open it again."""
MOST_LINES = 200
"""Lines that a form offers: of more, only the whole invoice is disputed here."""
MOST_FIELDS = 10
MOST_FORM_BYTES = 8_000


def serve_page(event: dict[str, Any], ports: Composition) -> Response:
    """Answer a call of a customer's page; whatever is wrong is a page, too, and says nothing of what there is."""
    try:
        return _served(event, ports)
    except NotFound:
        return _message(HTTPStatus.NOT_FOUND, "This page is not here", "The link is not right, or it has ended.")
    except Problem as problem:
        return _message(problem.status, "This cannot be done", "The request is not as this page sends it.")
    except Exception as error:  # noqa: BLE001 - whatever it is, the customer is answered and it is logged
        count("ApiErrors", 1)
        log_failure("serve_customer_page", error)
        is_for_now = isinstance(error, BillproofError) and error.retryable
        status = HTTPStatus.SERVICE_UNAVAILABLE if is_for_now else HTTPStatus.INTERNAL_SERVER_ERROR
        return _message(status, "This page cannot be shown now", "Please try again in a few minutes.")


def _served(event: dict[str, Any], ports: Composition) -> Response:
    from billproof.invoicing.links import link_name, opened_by

    method = method_of(event)
    _, _, path = str(event.get("rawPath", "")).partition("/p/")
    token, _, rest = path.partition("/")
    released = opened_by(token, ports.register, now=ports.now())
    work = {("GET", ""): _show, ("POST", "disputes"): _dispute}.get((method, rest))
    if work is None and method == "GET" and rest in FILES:
        answer = file_of(rest, released, ports)
    elif work is not None:
        answer = work(_Visit(f"/p/{token}", released, ports), event)
    else:
        message = "there is no such page"
        raise NotFound(message)
    use = {"invoice": released.invoice, "id": link_name(token), "kind": rest or "page", "status": answer["statusCode"]}
    log_result("serve_customer_page", use)
    return answer


class _Visit:
    """What a page of a document is made from, read once."""

    def __init__(self, address: str, released: Released, ports: Composition) -> None:
        from billproof.invoicing.documents import read_invoice
        from billproof.pipeline.issue_days import today_of

        self.address, self.released, self.ports = address, released, ports
        self.entity = ports.directory.legal_entity(released.legal_entity)
        self.today = today_of(self.entity, ports.now())
        self.invoice: Invoice = read_invoice(ports.objects, released.document)
        self.receivables: Receivables = ports.cash_sources().receivables(released.legal_entity)

    @property
    def is_invoice(self) -> bool:
        """Whether it is an invoice: nothing is open of a credit note."""
        from billproof.invoicing.model import DocumentKind

        return self.invoice.kind is DocumentKind.INVOICE

    def disputes(self) -> list[DisputeState]:
        """Return the disputes of the document, oldest first."""
        known = self.ports.dispute_book.of_account(self.released.legal_entity, self.released.account)
        return [state for state in known if state.opened.number == self.released.number]

    def open_disputes(self) -> list[OpenedDispute]:
        """Return the disputes of the document that nobody decided."""
        return [state.opened for state in self.disputes() if not state.decisions]

    def page(self, *, problem: str = "", sent: dict[str, str] | None = None) -> OpenedPage:
        """Return what the page shows now."""
        from billproof.adapters.pages.document_page import OpenedPage

        disputes = self.open_disputes() if self.is_invoice else []
        item = self.receivables.item(self.released.invoice) if self.is_invoice else None
        lines = [] if any(one.evidence.line is None for one in disputes) else _lines(self.invoice, disputes)
        return OpenedPage(
            invoice=self.invoice,
            released=self.released,
            address=self.address,
            files=files_of(self.released, self.ports),
            open=item.open if item else None,
            pay_at=self._pay_at(item.open.amount > 0) if item else "",
            lines=lines,
            disputes=disputes,
            can_be_disputed=item is not None and item.open.amount > 0 and bool(lines or not disputes),
            problem=problem,
            sent=sent or {},
        )

    def _pay_at(self, is_open: bool) -> str:  # noqa: FBT001 - a fact of the document, no choice of the caller
        stated = self.entity.documents
        is_charged = self.invoice.particulars is not None and self.invoice.particulars.is_charged
        if stated is None or stated.pay_at is None or not is_open or is_charged:
            return ""
        item = self.receivables.item(self.released.invoice)
        if item is None:
            return ""
        values = {"number": item.number, "amount": f"{item.open.amount:f}", "currency": item.open.currency}
        address = stated.pay_at
        for name, value in values.items():
            address = address.replace(f"{{{name}}}", quote(value, safe=""))
        return address


def _lines(invoice: Invoice, disputes: list[OpenedDispute]) -> list[tuple[str, str]]:
    """Return the lines that can be disputed one by one, by their place: those that bill something, and are not yet."""
    taken = {(one.evidence.line, one.evidence.contract) for one in disputes}
    if len(invoice.lines) > MOST_LINES:
        return []
    return [
        (str(place), f"{line.priced.description}: {line.amounts.net}")
        for place, line in enumerate(invoice.lines)
        if line.amounts.net.amount > 0 and (line.priced.id, line.priced.explanation.contract) not in taken
    ]


def _show(visit: _Visit, _event: dict[str, Any]) -> Response:
    return _html(HTTPStatus.OK, _drawn(visit.page()))


def _dispute(visit: _Visit, event: dict[str, Any]) -> Response:
    """Open what a customer disputes, and lead back to the page; what is wrong is said on it."""
    from billproof.receivables.disputing import dispute_invoice

    sent = _form(event)
    try:
        wanted = _wanted(visit, sent)
    except (ValidationError, ValueError, IndexError):
        page = visit.page(problem="problem_input", sent=sent)
        return _html(HTTPStatus.UNPROCESSABLE_ENTITY, _drawn(page))
    if not visit.is_invoice or _is_repeated(wanted, visit):
        return _html(HTTPStatus.CONFLICT, _drawn(visit.page(problem="problem_refused")))
    if not _is_disputed(wanted, visit):
        try:
            dispute_invoice(
                wanted,
                opened_by=BY_CUSTOMER,
                receivables=visit.receivables,
                book=visit.ports.dispute_book,
                today=visit.today,
            )
            count("DisputesByCustomers", 1)
        except (InvalidInput, Contended):
            if not _is_disputed(wanted, visit):  # else the same was sent twice at once, and one of them is it
                return _html(HTTPStatus.CONFLICT, _drawn(visit.page(problem="problem_refused", sent=sent)))
    headers = {**HEADERS, "location": f"{visit.address}#dispute"}
    return {"statusCode": HTTPStatus.SEE_OTHER.value, "headers": headers, "body": ""}


def _is_disputed(wanted: WantedDispute, visit: _Visit) -> bool:
    """Say whether a document, or that line of it, is in dispute already."""
    place = (wanted.line, wanted.contract)
    return any((one.evidence.line, one.evidence.contract) == place for one in visit.open_disputes())


def _is_repeated(wanted: WantedDispute, visit: _Visit) -> bool:
    """Say whether a document, or that line of it, was disputed from its page so often that no more is taken."""
    decided = (state.opened for state in visit.disputes() if state.decisions and state.opened.opened_by == BY_CUSTOMER)
    place = (wanted.line, wanted.contract)
    return sum((one.evidence.line, one.evidence.contract) == place for one in decided) >= MOST_TIMES


def _form(event: dict[str, Any]) -> dict[str, str]:
    body = text_of(event)
    if len(body) > MOST_FORM_BYTES:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "invalid_input", "the form is too large")
    try:
        return dict(parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"))
    except ValueError:  # a UnicodeDecodeError is one
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_input", "this is no form") from None


def _wanted(visit: _Visit, sent: dict[str, str]) -> WantedDispute:
    """Return the dispute that a form asks for; raises ValueError and IndexError for what the form does not offer."""
    from billproof.receivables.dispute_notes import WantedDispute
    from billproof.receivables.disputes import DisputeCause

    place = sent.get("line", "")
    offered = {value for value, _ in _lines(visit.invoice, [])}
    if place and place not in offered:
        message = "the form has no such line"
        raise ValueError(message)
    line = visit.invoice.lines[int(place)].priced if place else None
    cause = DisputeCause(sent.get("cause", ""))
    return WantedDispute(
        invoice=visit.released.invoice,
        line=line.id if line else None,
        contract=line.explanation.contract if line else None,
        cause=cause,
        owner=Owner.TAX if cause is DisputeCause.TAX else Owner.BILLING,
        deadline=visit.today + timedelta(days=DISPUTE_DAYS),
        reason=" ".join(sent.get("reason", "").split()),
    )


def _drawn(page: OpenedPage) -> Html:
    from billproof.adapters.pages.document_page import draw_page

    return draw_page(page)


def _html(status: HTTPStatus, html: Html) -> Response:
    headers = {
        **HEADERS,
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": html.content_security_policy,
    }
    return {"statusCode": status.value, "headers": headers, "body": html.text}


def _message(status: HTTPStatus, title: str, text: str) -> Response:
    from billproof.adapters.pages.document_page import whole_page

    return _html(status, whole_page(title, f"<h1>{title}</h1><p>{text}</p>"))
