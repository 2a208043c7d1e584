"""A fee of which nothing is left bears no tax: what rounding leaves of it and of all that reduces it is taken off."""

from collections.abc import Sequence

from billproof.identities import reduced_line
from billproof.money import Money, total
from billproof.pricing.model import PricedLine
from billproof.tax.amounts import tax_given
from billproof.tax.model import TaxedLine

type _Name = tuple[str, str, str]
"""The period that a line is of, where it is an earlier one, its contract and its id there."""


def cleared(lines: Sequence[PricedLine], taxed: Sequence[TaxedLine]) -> list[TaxedLine]:
    """Return the taxes of a document, each of which was rounded on its line, without what is left of nothing.

    Lines in parts, and prices that include tax, keep their own.
    """
    names = {_name_of(line) for line in lines}
    groups: dict[_Name, list[int]] = {}
    for place, line in enumerate(lines):
        if not (line.includes_tax or taxed[place].parts):
            groups.setdefault(_fee_of(_name_of(line), names), []).append(place)
    done = list(taxed)
    for places in groups.values():
        own = [taxed[place] for place in places]
        currency = own[0].amounts.net.currency
        is_nothing = total((line.amounts.net for line in own), currency).is_zero
        if is_nothing and len({line.determination.same_tax for line in own}) == 1:
            for place, nothing in zip(places, tax_given(own, Money.zero(currency)), strict=True):
                done[place] = nothing
    return done


def _name_of(line: PricedLine) -> _Name:
    period, name = (line.adjusts.period, line.adjusts.line) if line.adjusts else ("", line.id)
    return period, line.explanation.contract, name


def _fee_of(name: _Name, names: set[_Name]) -> _Name:
    """Return the fee that a line takes something off on this document, or the line itself."""
    period, contract, line = name
    fee = period, contract, reduced_line(line)
    return fee if fee in names else name
