"""The draft of an answer to a dispute: its sources, with the line as it was computed, and its template."""

from datetime import timedelta

from billproof.invoicing.model import Invoice, InvoiceLine
from billproof.model import decimal_text
from billproof.pricing.models.base import Step
from billproof.receivables.disputes import DisputeCause, DisputeState, DisputeStatus, OpenedDispute
from billproof.writing.facts import MOST_NAME, amount, clause, day, named, plain, reference, statement, version
from billproof.writing.model import SourceFact, TextKind, TextSources

MOST_STEPS = 12
"""Steps of a line's amount that an answer lists."""
DISPUTED_AS = {
    DisputeCause.PRICE: "the price",
    DisputeCause.QUANTITY: "the quantity",
    DisputeCause.TAX: "the tax",
    DisputeCause.TERMS: "the terms",
    DisputeCause.DUPLICATE: "that it was billed before",
    DisputeCause.NOT_ORDERED: "that it was ordered",
    DisputeCause.SERVICE: "the service",
}


def sources_of_dispute(state: DisputeState, status: DisputeStatus, invoice: Invoice) -> TextSources:
    """Return the facts of a dispute: what the customer says, what was billed and how, and where the dispute stands."""
    opened = state.opened
    facts = [
        named("customer", invoice.buyer.name, required=True),
        named("seller", invoice.seller.name, personal=False, required=True),
        reference("invoice", opened.number, required=True),
        amount("disputed", opened.amount, required=True),
        day("opened_on", opened.opened_on),
        statement("cause", DISPUTED_AS[opened.cause]),
        clause("complaint", opened.reason),
        statement("standing", _standing(state, status)),
    ]
    if state.decisions and status is not DisputeStatus.OPEN:
        last = state.decisions[-1]
        facts += [day("decided_on", last.day), clause("decision_reason", last.reason)]
    line = _line(opened, invoice)
    return TextSources(kind=TextKind.DISPUTE, facts=(*facts, *(_line_facts(line) if line is not None else ())))


def _standing(state: DisputeState, status: DisputeStatus) -> str:
    """Say where a dispute stands, in words that an answer repeats as they are."""
    opened = state.opened
    match status:
        case DisputeStatus.OPEN:
            return f"We have not decided this yet; we decide it by {opened.deadline} at the latest"
        case DisputeStatus.REJECTED:
            return "We have examined this, and the invoice stands as it is: we do not credit it"
        case DisputeStatus.WAITS_FOR_CREDIT:
            credited = state.decisions[-1].amount
            return f"We accept your dispute over {credited}; the credit note is prepared and not released yet"
        case DisputeStatus.CREDITED:
            return f"We accept your dispute over {state.decisions[-1].amount}, and the credit note is released"


def _line(opened: OpenedDispute, invoice: Invoice) -> InvoiceLine | None:
    wanted = opened.evidence
    lines = [line for line in invoice.lines if line.priced.id == wanted.line]
    of_contract = [line for line in lines if line.priced.explanation.contract == wanted.contract]
    return next(iter(of_contract or lines), None)


def _line_facts(line: InvoiceLine) -> list[SourceFact]:
    priced = line.priced
    why = priced.explanation
    facts = [
        named("line", priced.description),
        day("from", priced.service_period.start),
        day("until", priced.service_period.end - timedelta(days=1)),
        amount("net", line.amounts.net, required=True),
        amount("tax", line.amounts.tax),
        amount("gross", line.amounts.gross),
        reference("contract", why.contract, personal=True),
        version("version", why.contract_version),
        *(
            statement(f"step_{place}", _step(step), personal=True)
            for place, step in enumerate(why.steps[:MOST_STEPS], 1)
        ),
    ]
    share = why.proration
    if share is not None and not share.is_whole:
        facts.append(statement("share", f"{share.days_covered} of {share.days_in_period} days"))
    return facts


def _step(step: Step) -> str:
    label, flat = plain(step.label, MOST_NAME), decimal_text(step.flat_fee)
    product = f"{decimal_text(step.quantity)} x {decimal_text(step.unit_price)}"
    return f"{label}: {product}{'' if flat == '0' else f' + {flat}'} = {decimal_text(step.amount)}"


def answer(sources: TextSources) -> str:
    """Write the draft of an answer to a dispute."""
    said, has = sources.text, sources.has
    lines = [
        f"Dear {said('customer')},",
        "",
        f"You dispute {said('disputed')} of our invoice {said('invoice')}, because of {said('cause')}.",
        f"We noted it on {said('opened_on')} in these words: {said('complaint')}",
    ]
    if has("line"):
        lines += [
            "",
            f"The line {said('line')} is for {said('from')} to {said('until')}, by {said('version')} of the contract",
            f"{said('contract')}: net {said('net')}, tax {said('tax')}, in all {said('gross')}.",
            "This is how its amount was computed:",
            *(f"- {step}" for step in sources.listed("step_")),
            *([f"- For {said('share')}"] if has("share") else []),
        ]
    lines += ["", f"{said('standing')}."]
    if has("decision_reason"):
        lines.append(f"We decided it on {said('decided_on')}, for this reason: {said('decision_reason')}")
    return "\n".join([*lines, "", "Kind regards", said("seller")])
