"""How far the facts of a month went when it was reconciled, so that a sign-off knows what came after its report.

    documents   the last number of each series: a later one may be of the month
    cash        what is dated in the month after: receipts and what happened to them, statements, gateways' movements

Facts are added and never edited: as many are the same ones. What came while a report was made counts as later.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from billproof.identities import InvoiceId
from billproof.invoicing.register import Register
from billproof.invoicing.series import Series, SeriesKind
from billproof.masterdata.parties import LegalEntity
from billproof.model import Model
from billproof.payments.book import CashBook
from billproof.payments.gateway_book import GatewayBook
from billproof.payments.statement_book import StatementBook
from billproof.periods import Period, month_name

MOST_NUMBERS = 500
"""Numbers that were given since a report and are looked at; after more of them it counts as older than the month."""


class SeenFacts(Model):
    """The last number of each series, by year and kind, and how many facts of cash there were."""

    numbers: Mapping[str, int]
    cash: int

    def but(self, other: "SeenFacts") -> "SeenFacts":
        """Return what both saw."""
        both = self.numbers.keys() & other.numbers.keys()
        numbers = {name: min(self.numbers[name], other.numbers[name]) for name in sorted(both)}
        return SeenFacts(numbers=numbers, cash=min(self.cash, other.cash))


@dataclass(frozen=True, slots=True)
class MonthSight:
    """Looks at how far the facts of a legal entity's months went."""

    entity: LegalEntity
    register: Register
    book: CashBook
    statements: StatementBook
    gateways: GatewayBook

    def look(self, period: str, today: date) -> SeenFacts:
        """Return how far the facts of a month went."""
        numbers = {name: self.register.numbers_taken(series) for name, series in self._series(period, today)}
        return SeenFacts(numbers=numbers, cash=self._cash(Period.month(period).next().name))

    def has_documents_since(self, earlier: SeenFacts | None, period: str, today: date) -> bool:
        """Say whether documents of a month were released since; without a report whether it has any document."""
        if earlier is None:
            return next(self.register.of_period(self.entity.id, period), None) is not None
        return any(
            self._is_of(period, series, earlier.numbers.get(name, 0)) for name, series in self._series(period, today)
        )

    def has_cash_since(self, earlier: SeenFacts | None, period: str) -> bool:
        """Say whether anything was told since that is dated in the month after a month."""
        return self._cash(Period.month(period).next().name) > (earlier.cash if earlier else 0)

    def _is_of(self, period: str, series: Series, after: int) -> bool:
        taken = self.register.numbers_taken(series)
        if taken - after > MOST_NUMBERS:
            return True
        year, kind = series.issue_date.year, series.kind
        new = (self.register.invoice_numbered(self.entity.id, year, one, kind) for one in range(after + 1, taken + 1))
        return any(InvoiceId.parse(document).period == period for document in new if document)

    def _series(self, period: str, today: date) -> Iterator[tuple[str, Series]]:
        for year in range(Period.month(period).start.year, today.year + 1):
            for kind in SeriesKind:
                day = date(year, 1, 1)
                yield f"{year}{kind.value}", Series(entity=self.entity.id, prefix="", issue_date=day, kind=kind)

    def _cash(self, month: str) -> int:
        entity = self.entity.id
        movements = (self.gateways.of_month(entity, gateway.source, month) for gateway in self.entity.gateways)
        statements = (self.statements.of_account(entity, account.source) for account in self.entity.cash_accounts)
        begun = [one for some in statements for one in some if month_name(one.starts_on) == month]
        return self.book.count(entity, month) + len(begun) + sum(1 for some in movements for _ in some)
