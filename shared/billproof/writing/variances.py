"""A variance explained: the sources of the explanation, and its template."""

from collections.abc import Mapping

from billproof.approvals.variances import amount_of
from billproof.masterdata.parties import Account
from billproof.periods import Period
from billproof.reconciliation.model import Cause, Variance
from billproof.writing.facts import amount, clause, day, month, named, number, reference, statement
from billproof.writing.model import TextKind, TextSources

WHY: Mapping[Cause, str] = {
    Cause.NOT_POSTED: "the ERP holds nothing under the number of the invoice",
    Cause.UNCONFIRMED: "the posting is right, and its confirmation was not stored",
    Cause.AMOUNT_DIFFERS: "the receivable account of the ERP has another amount than the invoice",
    Cause.TAX_DIFFERS: "the tax account of the ERP has another amount than the invoice",
    Cause.DOCUMENT_CHANGED: "the stored document of the invoice is missing or was changed",
    Cause.DATE_DIFFERS: "the document has another day in the ERP than the invoice",
    Cause.ACCOUNT_DIFFERS: "receivable and tax are right, but an amount stands on another account of the ledger",
    Cause.CURRENCY_DIFFERS: "the posting is in another currency than the books",
    Cause.POSTED_IN_PARTS: "several documents stand under the number, which together are right on every account",
    Cause.POSTED_TWICE: "several documents stand under the number, and together they are not right",
    Cause.NOT_INVOICED: "the ERP holds a document that answers to no number of ours",
    Cause.OPENING_NOT_POSTED: "the ERP does not hold an entry of what was taken over from the system of before",
    Cause.CASH_NOT_POSTED: "the ERP does not hold an entry of a receipt",
    Cause.NOT_DECIDED: "something happened to a receipt in the name of a person who did not decide it",
    Cause.VERDICT_NOT_GIVEN: "a verdict about a dispute is told in the name of somebody who did not give it",
    Cause.STATEMENT_GAP: "a bank statement does not open with what the statement before it closes with",
    Cause.STATEMENT_OVERLAP: "a bank statement tells of days that another statement tells of, too",
    Cause.RETURN_WAITS: "the bank took money back, and it names no receipt",
    Cause.PAYOUT_DIFFERS: "the movements of a payout of the gateway make another amount than the payout",
    Cause.PAYOUT_NOT_FOUND: "no credit of the bank is the payout of the gateway",
    Cause.CHARGE_UNKNOWN: "a refund or a dispute is of a charge that the gateway did not tell of",
    Cause.GATEWAY_DIFFERENCE: "the gateway gave back more than it took, or took more than was paid",
    Cause.INTERNAL_ERROR: "the comparison of this document raised an error, and what differs is not known",
    Cause.NOT_RELEASED: "a run held the invoice, and it is not released",
    Cause.NOT_DRAFTED: "a run held the invoice and could not make a document of it: its amount is not known",
    Cause.NOT_DELIVERED: "the document has reached nobody, and its time to arrive is over",
    Cause.SHORT_PAID: "a part of the invoice is paid, and the rest is open",
    Cause.OVER_PAID: "more is paid or credited than the invoice comes to",
    Cause.UNAPPLIED: "a receipt of a known account has money left",
    Cause.OF_NOBODY: "nobody knows whose a receipt is",
}
"""Why there is a difference, by its cause, as docs/reconciliation.md explains it."""


def sources_of_variance(variance: Variance, period: str, account: Account | None) -> TextSources:
    """Return the facts of a variance of a month; `account` is who is billed, where that is known."""
    facts = [
        reference("variance", variance.id, required=True),
        month("month", Period.month(period).start, required=True),
        statement("why", WHY[variance.cause]),
        statement("compared", f"{variance.invoiced} was to be, and {variance.posted} is"),
        amount("amount", amount_of(variance), required=True),
        number("age", variance.age_days, "day", "days"),
        named("owner", variance.owner.value, personal=False, required=True),
        clause("remedy", variance.remedy, personal=False, required=True),
    ]
    if variance.since is not None:
        facts.append(day("since", variance.since))
    if account is not None:
        facts.append(named("customer", account.name))
    if variance.invoice:
        facts.append(reference("invoice", variance.invoice, personal=True))
    if variance.external_reference and variance.external_reference != variance.invoice:
        facts.append(reference("erp_reference", variance.external_reference, personal=True))
    if variance.account:
        facts.append(reference("ledger_account", variance.account))
    return TextSources(kind=TextKind.VARIANCE, facts=tuple(facts))


def explanation(sources: TextSources) -> str:
    """Write the explanation of a variance."""
    said, has = sources.text, sources.has
    about = [f"the customer {said('customer')}"] if has("customer") else []
    about += [f"the invoice {said('invoice')}"] if has("invoice") else []
    about += [f"the reference {said('erp_reference')} of the ERP"] if has("erp_reference") else []
    about += [f"the ledger account {said('ledger_account')}"] if has("ledger_account") else []
    since = f" since {said('since')}, which is {said('age')}" if has("since") else ""
    lines = [
        f"Variance {said('variance')} of {said('month')}, over {said('amount')}",
        "",
        f"What happened: {said('why')}.",
        f"Comparison: {said('compared')}.",
        f"It has been open{since}." if since else "It is open.",
    ]
    if about:
        lines.append(f"It is about {', '.join(about)}.")
    lines += ["", f"What to do: {said('remedy')}", f"Responsible: {said('owner')}"]
    return "\n".join(lines)
