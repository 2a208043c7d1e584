"""The tax that earlier invoices charged: what a later one takes back bears it, whatever the rules say now."""

import operator
from collections.abc import Mapping, Sequence

from pydantic import Field

from billproof.model import Flag, Model
from billproof.money import Money, total
from billproof.pricing.model import LineIdentity, PricedLine, line_identity
from billproof.tax.amounts import Share
from billproof.tax.model import Determination, TaxedLine

type ChargedKey = tuple[str, LineIdentity]
"""The period, and the line of it."""


class ChargedPart(Model):
    """A price that was billed, or taken back, with a tax; the price includes it where the contract's prices do.

    It `is_concession` where a credit note took it back for good.
    """

    price: Money
    determination: Determination
    is_concession: Flag = Field(default=False, exclude_if=operator.not_)


class ChargedTax(Model):
    """What was charged on a line of a period so far, oldest first."""

    contract: str
    period: str
    line: str
    dimension: dict[str, str]
    parts: tuple[ChargedPart, ...]

    @property
    def key(self) -> ChargedKey:
        """What a line that adjusts it is matched by."""
        return self.period, line_identity(self.contract, self.line, self.dimension)


class KeptTax(Model):
    """The tax of a line of an invoice that is released already, where its period is run again."""

    contract: str
    dimension: dict[str, str]
    taxed: TaxedLine


class AccountCharges(Model):
    """What earlier invoices charged on the lines that an account's next invoice may take back.

    `kept` are the taxes of the account's own invoice of the period, where it is released: later rules do not doubt it.
    """

    account: str
    taxes: tuple[ChargedTax, ...] = ()
    kept: tuple[KeptTax, ...] = ()


class BatchCharges(Model):
    """What earlier invoices of a batch's accounts charged, as far as its lines may take it back."""

    run: str
    batch: str
    accounts: tuple[AccountCharges, ...]


def charges_by_line(charges: AccountCharges | None) -> dict[ChargedKey, Sequence[ChargedPart]]:
    """Look up what was charged by the line that it was charged on."""
    return {tax.key: tax.parts for tax in charges.taxes} if charges else {}


def kept_by_line(charges: AccountCharges | None) -> dict[LineIdentity, TaxedLine]:
    """Look up the tax of a released invoice by its line."""
    kept = charges.kept if charges else ()
    return {line_identity(tax.contract, tax.taxed.line, tax.dimension): tax.taxed for tax in kept}


def taken_back(line: PricedLine, charged: Mapping[ChargedKey, Sequence[ChargedPart]]) -> list[Share]:
    """Return the shares of a line that takes back what was charged, the latest first; empty where it takes back none.

    What it takes back beyond what was charged bears the tax of the first.
    """
    parts = charged_on(line, charged)
    billed = total((part.price for part in parts), line.net.currency)
    return shares_back(parts, line.net) if billed.amount * line.net.amount < 0 else []


def shares_back(parts: Sequence[ChargedPart], price: Money) -> list[Share]:
    """Return the shares of a price that takes back what was charged, which has the other sign: the latest first."""
    billed, left = total((part.price for part in parts), price.currency), _left(parts)
    rest, shares = price, list[Share]()
    for determination, charged in reversed(left):
        taken = -charged if abs(charged.amount) < abs(rest.amount) else rest
        if not taken.is_zero and charged.amount * billed.amount > 0:
            shares.append(Share(taken, determination))
            rest -= taken
    if not rest.is_zero:
        shares.append(Share(rest, left[0][0]))
    return shares


def charged_on(line: PricedLine, charged: Mapping[ChargedKey, Sequence[ChargedPart]]) -> Sequence[ChargedPart]:
    """Return what was charged on the line whose difference a line bills."""
    return charged.get(_key(line), ()) if line.adjusts else ()


def _key(line: PricedLine) -> ChargedKey:
    period, name = (line.adjusts.period, line.adjusts.line) if line.adjusts else ("", line.id)
    return period, line_identity(line.explanation.contract, name, line.dimension)


def _left(parts: Sequence[ChargedPart]) -> list[tuple[Determination, Money]]:
    """Add up what was charged and taken back with each tax, in the order in which each was first charged."""
    left: list[tuple[Determination, Money]] = []
    for part in parts:
        place = next((number for number, (known, _) in enumerate(left) if known == part.determination), None)
        if place is None:
            left.append((part.determination, part.price))
        else:
            left[place] = (part.determination, left[place][1] + part.price)
    return left
