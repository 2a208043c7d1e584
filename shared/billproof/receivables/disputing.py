"""Opening and deciding disputes; what is upheld is credited through the approvals of every credit note.

credit note asked for | decision kept
                      ^ died here: the same decision again asks for the same credit note
"""

from collections.abc import Callable, Sequence
from datetime import date

from billproof.errors import Conflict, Contended, InvalidInput, NotFound
from billproof.identities import InvoiceId
from billproof.ids import digest, shown
from billproof.invoicing.credit_requests import LineCredit, WantedCredit
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.held import RequestedCredit
from billproof.invoicing.model import Invoice, InvoiceLine
from billproof.money import CONTEXT, Money, Rounding, total
from billproof.payments.model import OpenItem
from billproof.payments.receivables import Receivables
from billproof.receivables.dispute_book import DisputeBook
from billproof.receivables.dispute_notes import DisputeAnswer, DisputeDecision, WantedDispute
from billproof.receivables.disputes import (
    CREDITED_AS,
    CreditOutcomes,
    DecidedDispute,
    DisputeEvidence,
    DisputeState,
    DisputeStatus,
    DisputeVerdict,
    OpenedDispute,
    disputed_of,
)
from billproof.retrying import attempts

MAX_ATTEMPTS = 20
SAID = {
    DisputeStatus.WAITS_FOR_CREDIT: "waits for its credit note",
    DisputeStatus.CREDITED: "was credited",
    DisputeStatus.REJECTED: "was rejected",
}

type AskForCredit = Callable[[WantedCredit], str]
"""Asks for a credit note, and returns its id."""
type IsRefused = Callable[[RequestedCredit], bool]
"""Says whether a credit note that is not released never will be."""


def dispute_invoice(
    wanted: WantedDispute, *, opened_by: str, receivables: Receivables, book: DisputeBook, today: date
) -> DisputeAnswer:
    """Keep what a customer disputes; the same dispute again, while it is open, is one.

    Raises NotFound for an invoice that is not released, and InvalidInput for a line that is not on it, a deadline that
    is past, and more than is open of the invoice and not disputed yet.
    """
    released = receivables.register.released(wanted.invoice)
    item = receivables.item(wanted.invoice)
    if released is None or item is None or InvoiceId.parse(wanted.invoice).is_credit:
        message = f"invoice {shown(wanted.invoice)} is not released"
        raise NotFound(message)
    if wanted.deadline < today:
        message = f"{wanted.deadline} is past: a dispute is decided by a day to come"
        raise InvalidInput(message)
    line = _line(wanted, read_invoice(receivables.objects, released.document))
    net, gross = _amounts(wanted, line) if line else (None, item.open)
    evidence = DisputeEvidence(
        invoice=item.document,
        digest=released.document.digest,
        line=wanted.line,
        contract=line.priced.explanation.contract if line else None,
    )
    for _ in attempts(MAX_ATTEMPTS):
        known = book.of_account(released.legal_entity, released.account)
        dispute = OpenedDispute(
            ordinal=known[-1].opened.ordinal + 1 if known else 1,
            number=item.number,
            evidence=evidence,
            net=net,
            amount=gross,
            opened_on=today,
            opened_by=opened_by,
            **wanted.model_dump(include={"cause", "owner", "deadline", "reason"}),
        )
        same = next((state for state in known if not state.decisions and _is_same(state.opened, dispute)), None)
        if same is not None:
            return _answer(same, released.account, CreditOutcomes())
        _refuse_too_much(dispute, item, line, known, receivables)
        if book.open(released.legal_entity, released.account, dispute):
            return _answer(DisputeState(dispute), released.account, CreditOutcomes())
    message = f"others kept opening disputes of {released.account}"
    raise Contended(message)


def _refuse_too_much(
    dispute: OpenedDispute,
    item: OpenItem,
    line: InvoiceLine | None,
    known: Sequence[DisputeState],
    receivables: Receivables,
) -> None:
    """Raise InvalidInput where more is disputed than is open of an invoice, or was billed by a line, in all."""
    notes = released_credits(item.document, receivables)
    disputed = disputed_of(item.number, known, item.open, on=dispute.opened_on, released=notes)
    if not 0 < dispute.amount.amount <= (item.open - disputed).amount:
        message = f"{dispute.amount} cannot be disputed: {item.open} are open of it, {disputed} disputed already"
        raise InvalidInput(message)
    if line is not None:
        mine = [state for state in known if _line_of(state.opened) == _line_of(dispute)]
        of_line = total((state.disputed_on(dispute.opened_on, notes) for state in mine), dispute.amount.currency)
        if dispute.amount.amount > (line.amounts.gross - of_line).amount:
            message = f"{dispute.amount} cannot be disputed of a line of {line.amounts.gross}: {of_line} are already"
            raise InvalidInput(message)


def _line_of(opened: OpenedDispute) -> tuple[str, str | None, str | None]:
    return opened.evidence.invoice, opened.evidence.line, opened.evidence.contract


def _is_same(known: OpenedDispute, other: OpenedDispute) -> bool:
    unsaid = {"ordinal": other.ordinal, "opened_on": other.opened_on}
    return known.model_copy(update=unsaid) == other


def _amounts(wanted: WantedDispute, line: InvoiceLine) -> tuple[Money, Money]:
    """Return the net amount of a line that is disputed, and its gross."""
    whole = line.amounts.net
    net = whole if wanted.amount is None else Money.of(wanted.amount, whole.currency)
    if not 0 < net.amount <= whole.amount:
        message = f"{net} cannot be disputed of a line of {whole}"
        raise InvalidInput(message)
    return net, gross_of(net, line.amounts.gross, whole)


def gross_of(net: Money, gross: Money, whole: Money) -> Money:
    """Return the gross of a net amount of a line, whose gross and whole net are known."""
    if net == whole:
        return gross
    exact = CONTEXT.divide(CONTEXT.multiply(gross.amount, net.amount), whole.amount)
    return Money.rounded(exact, net.currency, Rounding.HALF_UP)


def _line(wanted: WantedDispute, invoice: Invoice) -> InvoiceLine | None:
    """Return the line that is disputed, or None where it is the whole invoice; raises InvalidInput."""
    if wanted.line is None:
        return None
    lines = [
        line
        for line in invoice.lines
        if line.priced.id == wanted.line
        and (wanted.contract is None or line.priced.explanation.contract == wanted.contract)
    ]
    if len(lines) != 1:
        message = f"the invoice has {len(lines)} lines of that name: name one of it, with its contract"
        raise InvalidInput(message)
    return lines[0]


def resolve_dispute(
    wanted: DisputeDecision,
    *,
    decided_by: str,
    receivables: Receivables,
    book: DisputeBook,
    is_refused: IsRefused,
    ask: AskForCredit,
    today: date,
) -> DisputeAnswer:
    """Decide a dispute, and ask for the credit note that it leads to; the same decision again changes nothing.

    Where its credit note was refused it is decided anew, also as before. Raises NotFound for a dispute that is not
    there, Conflict where it is decided otherwise, InvalidInput for a part of a whole invoice or more than is disputed,
    and what `ask` raises.
    """
    state = book.state(wanted.legal_entity, wanted.account, wanted.dispute)
    outcomes = credit_outcomes(state.opened.evidence.invoice, receivables, is_refused)
    status = state.status(outcomes)
    if status is not DisputeStatus.OPEN:
        if _is_decided_so(state, wanted, decided_by):
            return _answer(state, wanted.account, outcomes)
        message = f"the dispute is decided: it {SAID[status]}"
        raise Conflict(message)
    amount, credit = Money.zero(state.opened.amount.currency), ""
    if wanted.verdict is not DisputeVerdict.REJECTED:
        amount, request = _credit(state, wanted, decided_by)
        credit = ask(request)
    decided = DecidedDispute(
        ordinal=wanted.dispute,
        verdict=wanted.verdict,
        amount=amount,
        credit=credit,
        day=today,
        decided_by=decided_by,
        reason=wanted.reason,
    )
    if not book.decide(wanted.legal_entity, wanted.account, decided, number=state.next_decision):
        message = "somebody else decided the dispute at the same time: look at it again"
        raise Conflict(message)
    return _answer(DisputeState(state.opened, (*state.decisions, decided)), wanted.account, outcomes)


def _is_decided_so(state: DisputeState, wanted: DisputeDecision, decided_by: str) -> bool:
    """Say whether a person decided a dispute just so before."""
    last = state.decisions[-1]
    if (last.verdict, last.reason, last.decided_by) != (wanted.verdict, wanted.reason, decided_by):
        return False
    return wanted.verdict is not DisputeVerdict.PARTIAL or _credit(state, wanted, decided_by)[0] == last.amount


def _request_name(state: DisputeState, wanted: DisputeDecision, decided_by: str) -> str:
    """Name the request of a decision: the same for the same decision by the same person."""
    decision = (wanted.account, str(wanted.dispute), str(state.next_decision), decided_by)
    return f"dispute-{digest([state.opened.evidence.invoice, *decision])[:24]}"


def _credit(state: DisputeState, wanted: DisputeDecision, decided_by: str) -> tuple[Money, WantedCredit]:
    """Return the gross of what is credited, and the request for its credit note."""
    opened, net = state.opened, state.opened.net
    request = {
        "id": _request_name(state, wanted, decided_by),
        "invoice": opened.evidence.invoice,
        "reason": CREDITED_AS[opened.cause],
        "note": f"dispute {wanted.dispute}, {opened.cause.value}: {wanted.reason}",
    }
    if net is None:
        if wanted.amount is not None:
            message = "of a whole invoice no part is upheld: dispute its lines"
            raise InvalidInput(message)
        return opened.amount, WantedCredit.model_validate(request)
    part = net if wanted.amount is None else Money.of(wanted.amount, net.currency)
    if part.amount > net.amount:
        message = f"{part} is more than the {net} that are disputed"
        raise InvalidInput(message)
    line = LineCredit(line=opened.evidence.line or "", contract=opened.evidence.contract, amount=part.amount)
    return gross_of(part, opened.amount, net), WantedCredit.model_validate({**request, "lines": (line,)})


def released_credits(invoice: str, receivables: Receivables) -> frozenset[str]:
    """Return the ids of an invoice's credit notes that are released."""
    facts = receivables.register.credits(str(InvoiceId.parse(invoice)))
    return frozenset(str(credit.id) for credit in facts if credit.released is not None)


def credit_outcomes(invoice: str, receivables: Receivables, is_refused: IsRefused) -> CreditOutcomes:
    """Return which of an invoice's credit notes are released, and which were rejected or are outdated."""
    facts = receivables.register.credits(str(InvoiceId.parse(invoice)))
    requests = [credit.request for credit in facts if credit.request is not None and credit.released is None]
    refused = (request for request in requests if is_refused(request))
    return CreditOutcomes(
        released=frozenset(str(credit.id) for credit in facts if credit.released is not None),
        refused=frozenset(request.invoice for request in refused),
    )


def _answer(state: DisputeState, account: str, outcomes: CreditOutcomes) -> DisputeAnswer:
    last = state.decisions[-1] if state.decisions else None
    return DisputeAnswer(
        account=account,
        dispute=state.opened.ordinal,
        number=state.opened.number,
        status=state.status(outcomes),
        amount=last.amount if last else state.opened.amount,
        credit=last.credit if last else "",
    )
