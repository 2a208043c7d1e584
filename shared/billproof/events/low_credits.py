"""Prepaid credits of contracts of which an invoice leaves little: told by the one that takes them below the share.

granted 100.00, 20 % declared     drawn 70.00: 30.00 are left     drawn 15.00 more: 15.00 are left, told
"""

from collections.abc import Iterator
from decimal import Decimal

from billproof.contracts.timeline import timelines
from billproof.errors import ImmutableDocument, NotFound
from billproof.events.model import CreditLow
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.model import DocumentKind, Invoice, Released
from billproof.masterdata.directory import Directory
from billproof.money import CONTEXT, Money, Rounding
from billproof.ports import Objects
from billproof.pricing.draws import balance, is_draw
from billproof.pricing.models.base import ZERO

type CreditName = tuple[str, str]
"""A contract and a credit of it."""


def low_credits(
    released: Released, percent: Decimal | None, *, objects: Objects, directory: Directory
) -> Iterator[CreditLow]:
    """Yield the credits that an invoice took below a share, in percent, of all that there was of each.

    What rolled over from earlier credits counts to what there was. An invoice that is gone tells nothing of them.
    """
    try:
        invoice = read_invoice(objects, released.document) if percent is not None else None
    except (ImmutableDocument, NotFound):  # it was erased, or altered: audit verify finds that
        return
    if percent is None or invoice is None or invoice.kind is not DocumentKind.INVOICE:
        return
    drawn = {(credit.contract, credit.credit): credit.amount for credit in invoice.credits_drawn}
    for name, (account, amount) in sorted(_draws(invoice).items()):
        for whole, was, left in _amounts(name, account, amount, drawn, released, directory) if amount > 0 else ():
            share = CONTEXT.multiply(whole, percent.scaleb(-2))
            threshold = Money.rounded(share, invoice.currency, Rounding.HALF_UP)
            if left < threshold.amount <= was:
                yield CreditLow(
                    legal_entity=released.legal_entity,
                    account=account,
                    contract=name[0],
                    credit=name[1],
                    left=Money(amount=left, currency=invoice.currency),
                    threshold=threshold,
                    document=released.invoice,
                )


def _draws(invoice: Invoice) -> dict[CreditName, tuple[str, Decimal]]:
    """Return what an invoice draws of each credit, less what it gives back, and whose contract that is of."""
    known = {(credit.contract, credit.credit) for credit in invoice.credits_drawn}
    draws: dict[CreditName, tuple[str, Decimal]] = {}
    for line in (line.priced for line in invoice.lines if is_draw(line.priced, known)):
        name = line.explanation.contract, line.term
        _, before = draws.get(name, (line.account, ZERO))
        draws[name] = line.account, CONTEXT.subtract(before, line.net.amount)
    return draws


def _amounts(
    name: CreditName,
    account: str,
    amount: Decimal,
    drawn: dict[CreditName, Decimal],
    released: Released,
    directory: Directory,
) -> Iterator[tuple[Decimal, Decimal, Decimal]]:
    """Yield what there was of a credit in all, and what was left of it before and after an invoice drew an amount.

    Nothing where no version states the credit any more.
    """
    contract, credit = name
    versions = [version for version in directory.contracts(account) if version.id == contract]
    for timeline in timelines(versions, released.period):
        spans = [span for span in timeline.credits if span.term.id == credit]
        if spans:
            span = next((one for one in spans if one.touches(released.period)), spans[-1])
            of_others = {other: taken for other, taken in drawn.items() if other != name}
            before = {**drawn, name: CONTEXT.subtract(drawn.get(name, ZERO), amount)}
            whole, was, left = (balance(span, timeline, one, released.period) for one in (of_others, before, drawn))
            yield whole, was, left
