"""What a demo came to by currency, and what it changed against the books as it found them."""

from billproof.money import Money, Taxed
from billproof_ops.demo.summary import InvoiceSummary, Repeat, RunSummary


def totals_of(invoices: list[InvoiceSummary]) -> dict[str, dict[str, str]]:
    """Add invoices up: net, tax and gross by currency."""
    totals: dict[str, Taxed] = {}
    for invoice in invoices:
        taxed = Taxed.of(Money.of(invoice.net, invoice.currency), Money.of(invoice.tax, invoice.currency))
        known = totals.get(invoice.currency)
        totals[invoice.currency] = Taxed.of(known.net + taxed.net, known.tax + taxed.tax) if known else taxed
    return {
        currency: {"net": amounts.net.text, "tax": amounts.tax.text, "total": amounts.gross.text}
        for currency, amounts in sorted(totals.items())
    }


def repeated(
    before: dict[str, tuple[str, str]],
    after: dict[str, tuple[str, str]],
    runs: list[RunSummary],
    sent: int,
    *,
    sent_to_closed: int,
    new_receipts: int,
) -> Repeat:
    """Compare the books of before with those of after: digests and statuses by number.

    What was sent of a month that was closed before is known, and no run of it counts that.
    """
    new = after.keys() - before.keys()
    duplicates = sum(run.events.duplicate for run in runs)
    return Repeat(
        first_time=not before,
        invoices_before=len(before),
        new_invoices=len(new),
        new_postings=sum(status == "posted" for number, (_, status) in after.items() if number in new)
        + sum(after[number][1] == "posted" != before[number][1] for number in before.keys() & after.keys()),
        changed_invoices=sum(after.get(number, ("", ""))[0] != before[number][0] for number in before),
        events_sent_again=min(duplicates + sent_to_closed, sent),
        new_receipts=new_receipts,
    )
