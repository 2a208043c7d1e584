"""Which tax each line bears: line -> tax point -> determination, and its shares where it bears more than one.

takes back what was billed     the tax that was charged
kept                           the tax that an earlier version of the rules determined
apportioned                    one tax for the days before a change of rate, another for those after
anything else                  the tax of its tax point, whole
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from billproof.errors import UndeterminedTax
from billproof.masterdata.parties import Account, LegalEntity
from billproof.money import allocate
from billproof.pricing.model import LineIdentity, PricedLine
from billproof.tax.amounts import Share
from billproof.tax.charged import ChargedKey, ChargedPart, charged_on, taken_back
from billproof.tax.divided import divided_shares
from billproof.tax.model import Determination, TaxedLine, TimeOfSupply
from billproof.tax.rules import determine
from billproof.tax.time_of_supply import (
    DAY,
    Agreed,
    InvoiceDays,
    agreed_of,
    apportioned_days,
    rule_of,
    supply_ends,
    tax_points,
)


class LineTaxes:
    """The taxes of the lines of one invoice; each account and day is determined once."""

    def __init__(
        self,
        entity: LegalEntity,
        members: Iterable[Account],
        lines: Sequence[PricedLine],
        days: InvoiceDays,
        *,
        charged: Mapping[ChargedKey, Sequence[ChargedPart]],
        kept: Mapping[LineIdentity, TaxedLine],
    ) -> None:
        self._entity = entity
        self._members = {member.id: member for member in members}
        self._ends = supply_ends(lines)
        self._days = days
        self._charged = charged
        self._kept = kept
        self._determined: dict[tuple[str, date], Determination] = {}
        self._rules: dict[tuple[str, date], TimeOfSupply] = {}
        self._supplies: dict[tuple[str, Agreed], Determination] = {}

    def shares_of(self, line: PricedLine) -> list[Share]:
        """Return the shares of a line's price by the tax that they bear; raises UndeterminedTax."""
        charged = self._of_days(line) or taken_back(line, self._charged) if line.adjusts else []
        if charged:
            return charged
        kept = self._kept.get(line.identity) if self._kept else None
        try:
            shares = self._by_rules(line)
        except UndeterminedTax:
            if kept is None:
                raise
            return _as_kept(line, kept)
        if kept is None or kept.determination.rules_version == shares[-1].determination.rules_version:
            return shares
        return _as_kept(line, kept)

    def tax_point_of(self, line: PricedLine) -> date:
        """Return the tax point of a line of which an external tax engine is asked: none later than the invoice."""
        charged = taken_back(line, self._charged)
        return charged[-1].determination.tax_point if charged else min(self._points(line)[0], self._days.issue)

    def _of_days(self, line: PricedLine) -> list[Share]:
        """Return the shares of a difference by the days that they are of, where a change of rate divides the line."""
        parts = charged_on(line, self._charged)
        try:
            if not parts or self._rule(line).straddling == "whole":
                return []
            spans = apportioned_days(self._entity, self._members[line.account], line.service_period)
            return divided_shares(line, parts, spans, lambda day: self._at(line.account, day)) if spans[1:] else []
        except UndeterminedTax:
            return []

    def _by_rules(self, line: PricedLine) -> list[Share]:
        key = (line.account, agreed_of(line))
        if key not in self._supplies:
            point, *others = self._points(line)
            self._supplies[key] = self._lower(line.account, self._at(line.account, point), others)
        whole = [Share(line.net, self._supplies[key])]
        if self._rule(line).straddling == "whole" or line.net.is_zero:
            return whole
        spans = apportioned_days(self._entity, self._members[line.account], line.covered)
        taxes = [(span, self._at(line.account, span.end - DAY)) for span in spans]
        if len({tax.same_tax for _, tax in taxes}) == 1:
            return whole
        prices = allocate(line.net, [Decimal(span.days) for span, _ in taxes])
        return [Share(price, tax, span) for price, (span, tax) in zip(prices, taxes, strict=True)]

    def _lower(self, account: str, tax: Determination, others: Sequence[date]) -> Determination:
        """Return the tax of the tax point, or the lower rate of other days that bear the same tax."""
        try:
            rates = [self._at(account, day) for day in others]
        except UndeterminedTax:
            return tax
        is_same = all(rate.same_tax[:2] == tax.same_tax[:2] and rate.percent for rate in rates)
        return min(rates, key=lambda rate: rate.percent) if rates and tax.percent and is_same else tax

    def _points(self, line: PricedLine) -> tuple[date, ...]:
        return tax_points(self._rule(line).rule, line, self._ends, self._days)

    def _rule(self, line: PricedLine) -> TimeOfSupply:
        key = (line.account, line.service_period.end - DAY)
        if key not in self._rules:
            self._rules[key] = rule_of(self._entity, self._members[line.account], key[1])
        return self._rules[key]

    def _at(self, account: str, day: date) -> Determination:
        if (account, day) not in self._determined:
            self._determined[account, day] = determine(
                legal_entity=self._entity, account=self._members[account], tax_point=day
            )
        return self._determined[account, day]


def _as_kept(line: PricedLine, kept: TaxedLine) -> list[Share]:
    """Divide a line as it was when it was taxed."""
    if not kept.parts or line.net.is_zero:
        return [Share(line.net, kept.determination)]
    prices = allocate(line.net, [abs(part.amounts.gross.amount) for part in kept.parts])
    return [Share(price, part.determination, part.days) for price, part in zip(prices, kept.parts, strict=True)]
