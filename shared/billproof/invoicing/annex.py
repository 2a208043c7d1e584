"""An invoice of many lines: its PDF shows summaries, and an annex, a CSV file, has the lines.

Lines are summed up by charge; where that is still too many, by product, then by account, then all together.
"""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from billproof.invoicing.model import Invoice, InvoiceLine, Released
from billproof.model import decimal_text
from billproof.money import Money, Taxed
from billproof.periods import Period

MOST_LINES_SHOWN = 500
"""Lines that a PDF shows: 500 take 0.3 s to draw; 20,000 took half a minute and 2 GB."""
COLUMNS = (
    *("number", "line", "account", "contract", "charge", "description", "service_start", "service_end", "meter"),
    *("dimension", "quantity", "billed_quantity", "unit", "currency", "net", "tax", "gross"),
)

_KEYS: tuple[Callable[[InvoiceLine], tuple[str, ...]], ...] = (
    lambda line: (line.priced.account, line.priced.explanation.contract, line.priced.charge),
    lambda line: (line.priced.account, line.priced.product),
    lambda line: (line.priced.product,),
    lambda line: (line.priced.account,),
    lambda _: (),
)


@dataclass(frozen=True, slots=True)
class LinesAsOne:
    """Lines of one invoice that are shown as one."""

    account: str
    description: str
    period: Period
    lines: int
    net: Money


def needs_annex(invoice: Invoice) -> bool:
    """Say whether an invoice has more lines than its PDF shows."""
    return len(invoice.lines) > MOST_LINES_SHOWN


def documents_folder(released: Released) -> str:
    """Return where the documents of a legal entity and a month are."""
    return f"documents/{released.legal_entity}/{released.period.name}/"


def annex_name(released: Released) -> str:
    """Return the name of an annex as a file."""
    return f"{released.number}-lines.csv"


def annex_of(invoice: Invoice, released: Released) -> bytes:
    """Return every line of an invoice as CSV (RFC 4180): the same invoice always gives the same bytes."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for number, line in enumerate(invoice.lines, start=1):
        writer.writerow(_row(released.number, number, line))
    return text.getvalue().encode()


def _row(invoice_number: str, number: int, line: InvoiceLine) -> Iterable[str | int]:
    priced, amounts = line.priced, line.amounts
    return (
        invoice_number,
        number,
        priced.account,
        priced.explanation.contract,
        priced.charge,
        as_text(priced.description),
        priced.service_period.start.isoformat(),
        priced.service_period.end.isoformat(),
        priced.meter or "",
        as_text("; ".join(f"{name}={value}" for name, value in sorted(priced.dimension.items()))),
        decimal_text(priced.quantity),
        decimal_text(priced.billed_quantity),
        priced.unit or "",
        amounts.net.currency,
        amounts.net.text,
        amounts.tax.text,
        amounts.gross.text,
    )


def as_text(text: str) -> str:
    """Keep a spreadsheet from reading a text that events may set as a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def summaries(invoice: Invoice) -> list[LinesAsOne]:
    """Sum the lines up, as finely as MOST_LINES_SHOWN allows; the nets of all summaries add up to the invoice's."""
    groups: dict[tuple[str, ...], list[InvoiceLine]] = {}
    for key in _KEYS:
        groups = {}
        for line in invoice.lines:
            groups.setdefault(key(line), []).append(line)
        if len(groups) <= MOST_LINES_SHOWN:
            break
    return [_summary(lines, invoice.currency) for lines in groups.values()]


def _summary(lines: list[InvoiceLine], currency: str) -> LinesAsOne:
    first, periods = lines[0].priced, [line.priced.service_period for line in lines]
    accounts = {line.priced.account for line in lines}
    return LinesAsOne(
        account=first.account if len(accounts) == 1 else "",
        description=first.description if len(lines) == 1 else f"{first.description} and {len(lines) - 1} more lines",
        period=Period(start=min(period.start for period in periods), end=max(period.end for period in periods)),
        lines=len(lines),
        net=Taxed.total([line.amounts for line in lines], currency).net,
    )
