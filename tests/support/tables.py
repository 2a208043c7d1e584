"""Invoices and journals as text that a finance person can read."""

from billproof.invoicing.model import Invoice, Released
from billproof.ledger.model import JournalEntry
from billproof.model import decimal_text


def invoice_table(invoice: Invoice, released: Released) -> str:
    dates = f"{invoice.period.name}  issued {invoice.issue_date}  due {invoice.due_date}"
    rows = [f"{released.number}  {invoice.buyer.name}  {dates}"]
    for line in invoice.lines:
        priced = line.priced
        quantity = decimal_text(priced.quantity) if priced.meter else ""
        rows.append(
            f"  {priced.description:<44} {priced.service_period.start} {quantity:>10} {line.amounts.net.text:>12} "
            f"{line.amounts.tax.text:>10}"
        )
        for step in priced.explanation.steps:
            flat = f" + {decimal_text(step.flat_fee)}" if step.flat_fee else ""
            rows.append(
                f"      {step.label}: {decimal_text(step.quantity)} x {decimal_text(step.unit_price)}{flat}"
                f" = {decimal_text(step.amount)}"
            )
        share = priced.explanation.proration
        if share and not share.is_whole:
            rows.append(f"      {share.days_covered} of {share.days_in_period} days")
        if priced.explanation.note:
            rows.append(f"      {priced.explanation.note}")
    rows += [
        f"  {tax.jurisdiction} {tax.percent} % on {tax.taxable_base.text}: {tax.amounts.tax.text} ({tax.reason})"
        for tax in invoice.tax_summary
    ]
    totals = invoice.totals
    rows.append(f"  net {totals.net.text} + tax {totals.tax.text} = {totals.gross}")
    return "\n".join(rows)


def journal_table(entry: JournalEntry) -> str:
    rows = [f"{entry.external_reference}  {entry.document_date}"]
    for line in entry.lines:
        debit = line.amount.text if line.amount.amount > 0 else ""
        credit = (-line.amount).text if line.amount.amount < 0 else ""
        rows.append(f"  {line.account:<6} {line.memo:<34} {debit:>12} {credit:>12}")
    return "\n".join(rows)
