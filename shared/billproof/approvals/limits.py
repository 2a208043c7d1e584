"""Cumulative limits: what a person approved of a document, of a customer on a day, and on a day.

    limits#<entity>#<person>    document#<invoice>#USD#000000         4500, 4500 in all
                                document#<invoice>#USD#000001         4500, 9000 in all
                                customer#<account> <day>#USD#000000
                                day#2026-11-26#USD#000000

An entry is written in one transaction with the decision, under the ordinal after the last one that was read: of two
decisions at once one finds the place taken, reads again, and is refused if both together pass the limit. Currencies are
added up apart. A day is one of UTC.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from billproof.approvals.model import ExceptionRecord, Kind
from billproof.approvals.policy import LimitScope, Policy, Role
from billproof.decision_keys import LimitKey
from billproof.identities import InvoiceId
from billproof.model import Model
from billproof.money import Money
from billproof.periods import instant_text
from billproof.ports import Key, Record, Records
from billproof.store_keys import sort_key


class ApprovedAmount(Model):
    """What one decision added to what a person approved within a scope, and what it comes to with it."""

    exception: str
    amount: Money
    total: Money


@dataclass(frozen=True, slots=True)
class CountedAmount:
    """An approved amount and where it is counted."""

    scope: LimitScope
    key: Key
    approved: ApprovedAmount
    before: Key | None = None
    """Where the last one is that was counted in the scope."""
    elsewhere: Money | None = None
    """What the same person approved within the scope that is counted under other ids."""

    @property
    def in_all(self) -> Money:
        """What the person approved within the scope, under every id."""
        return self.approved.total + self.elsewhere if self.elsewhere else self.approved.total

    @property
    def record(self) -> Record:
        """The fact that says so."""
        return Record(self.key, self.approved.model_dump(mode="json"), self.before)


class ApprovalLimits:
    """What people approved, over the facts that only the API writes."""

    def __init__(self, records: Records, decided_at: Callable[[str], str | None]) -> None:
        self._records = records
        self._decided_at = decided_at

    def next_amounts(self, opened: ExceptionRecord, ids: Sequence[str], at: datetime) -> list[CountedAmount]:
        """Return what an approval would add to what the person of some ids approved, in every scope."""
        amount = _worth(opened)
        if amount is None:
            return []
        counted = []
        for scope, of in _scopes(opened, at):
            last, *others = [self._last(opened, person, scope, of) for person in ids]
            ordinal, total = last or (-1, Money.zero(amount.currency))
            partition, key = _partition(opened, ids[0]), LimitKey(scope, of, amount.currency, ordinal + 1)
            approved = ApprovedAmount(exception=opened.id, amount=amount, total=total + amount)
            before = Key(partition, str(replace(key, ordinal=ordinal))) if last else None
            elsewhere = sum((other[1] for other in others if other), Money.zero(amount.currency))
            counted.append(CountedAmount(scope, Key(partition, str(key)), approved, before, elsewhere))
        return counted

    def proved_amounts(self, opened: ExceptionRecord, ids: Sequence[str], at: datetime) -> list[CountedAmount]:
        """Return what was added for an exception, with the totals added up again from the amounts alone.

        Of two ids of one person that both count something, the times of the decisions say what came before.
        """
        amount = _worth(opened)
        if amount is None:
            return []
        proved = []
        for scope, of in _scopes(opened, at):
            for person in ids:
                entry = self._proved(opened, amount, person, (scope, of))
                if entry is not None:
                    others = [other for other in ids if other != person]
                    elsewhere = self._decided_until(opened, others, (scope, of), at)
                    proved.append(replace(entry, elsewhere=elsewhere))
                    break
        return proved

    def _proved(
        self, opened: ExceptionRecord, amount: Money, person: str, of: tuple[LimitScope, str]
    ) -> CountedAmount | None:
        total = Money.zero(amount.currency)
        for record in self._query(opened, person, *of):
            known = ApprovedAmount.model_validate(record.document)
            total += known.amount
            if known.exception == opened.id and known.amount == amount:
                return CountedAmount(of[0], record.key, known.model_copy(update={"total": total}))
        return None

    def _decided_until(
        self, opened: ExceptionRecord, ids: Sequence[str], of: tuple[LimitScope, str], at: datetime
    ) -> Money | None:
        """Add up what is counted under some ids for decisions until a moment; one that is gone counts."""
        total = None
        for person in ids:
            for record in self._query(opened, person, *of):
                known = ApprovedAmount.model_validate(record.document)
                decided = self._decided_at(known.exception)
                if decided is None or datetime.fromisoformat(decided) <= at:
                    total = known.amount if total is None else total + known.amount
        return total

    def _last(self, opened: ExceptionRecord, person: str, scope: LimitScope, of: str) -> tuple[int, Money] | None:
        """Return the ordinal of the last amount that is counted under an id, and the total with it."""
        for record in self._query(opened, person, scope, of, newest_first=True):
            return LimitKey.ordinal_of(record.key.sort), ApprovedAmount.model_validate(record.document).total
        return None

    def _query(
        self, opened: ExceptionRecord, person: str, scope: LimitScope, of: str, *, newest_first: bool = False
    ) -> Iterator[Record]:
        currency = opened.amount.currency if opened.amount else ""
        prefix = str(LimitKey(scope, of, currency))
        limit = 1 if newest_first else None
        return self._records.query(_partition(opened, person), prefix=prefix, newest_first=newest_first, limit=limit)


def over_limit(counted: list[CountedAmount], policy: Policy, role: Role) -> CountedAmount | None:
    """Return the first amount that passes a role's limit together with what was approved before, or None."""
    wanted = (amount for amount in counted if amount.scope in policy.limits_add_up_by)
    return next((amount for amount in wanted if not role.may_approve(amount.in_all)), None)


def scopes_counted(opened: ExceptionRecord, at: datetime) -> set[LimitScope]:
    """Return the scopes in which an approval of an exception counts."""
    return {scope for scope, _ in _scopes(opened, at)} if opened.amount is not None else set()


def _worth(opened: ExceptionRecord) -> Money | None:
    if opened.amount is None:
        return None
    return opened.amount if opened.amount.amount >= 0 else -opened.amount


def _scopes(opened: ExceptionRecord, at: datetime) -> Iterator[tuple[LimitScope, str]]:
    """Yield the scopes of an exception, and what an approval of it counts for in each.

    A run is of no customer; a variance is of its account, where it has one.
    """
    day = instant_text(at)[:10]
    if not opened.kind.is_document:
        yield LimitScope.DOCUMENT, opened.run
        accounts = {
            finding.account
            for finding in opened.findings
            if opened.kind in {Kind.VARIANCE, Kind.CONTRACT, Kind.ACCOUNT}
        }
        for account in filter(None, sorted(accounts)):
            yield LimitScope.CUSTOMER, f"{account} {day}"
    else:
        document = InvoiceId.of_subject(opened.legal_entity, opened.period, opened.subject)
        yield LimitScope.DOCUMENT, str(document.invoice)
        yield LimitScope.CUSTOMER, f"{document.account} {day}"
    yield LimitScope.DAY, day


def _partition(opened: ExceptionRecord, person: str) -> str:
    return sort_key("limits", opened.legal_entity, person)
