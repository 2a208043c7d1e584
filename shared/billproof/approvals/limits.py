"""Cumulative limits: what a person approved of a document, of a customer on a day, and on a day.

    limits#<entity>#<person>    document#<invoice>#USD#000000         4500, 4500 in all
                                document#<invoice>#USD#000001         4500, 9000 in all
                                customer#<account> <day>#USD#000000
                                day#2026-11-26#USD#000000

An entry is written in one transaction with the decision, under the ordinal after the last one that was read: of two
decisions at once one finds the place taken, reads again, and is refused if both together pass the limit. Currencies are
added up apart. A day is one of UTC.
"""

from collections.abc import Iterator
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

    @property
    def record(self) -> Record:
        """The fact that says so."""
        return Record(self.key, self.approved.model_dump(mode="json"), self.before)


class ApprovalLimits:
    """What people approved, over the facts that only the API writes."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def next_amounts(self, opened: ExceptionRecord, person: str, at: datetime) -> list[CountedAmount]:
        """Return what an approval of an exception would add to what a person approved, in every scope."""
        amount = _worth(opened)
        if amount is None:
            return []
        counted = []
        for scope, of in _scopes(opened, at):
            last = next(self._entries(opened, person, scope, of, newest_first=True), None)
            ordinal, total = last or (-1, Money.zero(amount.currency))
            partition, key = _partition(opened, person), LimitKey(scope, of, amount.currency, ordinal + 1)
            approved = ApprovedAmount(exception=opened.id, amount=amount, total=total + amount)
            before = Key(partition, str(replace(key, ordinal=ordinal))) if last else None
            counted.append(CountedAmount(scope, Key(partition, str(key)), approved, before))
        return counted

    def proved_amounts(self, opened: ExceptionRecord, person: str, at: datetime) -> list[CountedAmount]:
        """Return what was added for an exception, with the totals added up again from the amounts alone."""
        amount = _worth(opened)
        if amount is None:
            return []
        proved = []
        for scope, of in _scopes(opened, at):
            total = Money.zero(amount.currency)
            for record in self._query(opened, person, scope, of):
                known = ApprovedAmount.model_validate(record.document)
                total += known.amount
                if known.exception == opened.id and known.amount == amount:
                    summed = known.model_copy(update={"total": total})
                    proved.append(CountedAmount(scope, record.key, summed))
                    break
        return proved

    def _entries(
        self, opened: ExceptionRecord, person: str, scope: LimitScope, of: str, *, newest_first: bool
    ) -> Iterator[tuple[int, Money]]:
        for record in self._query(opened, person, scope, of, newest_first=newest_first):
            yield LimitKey.ordinal_of(record.key.sort), ApprovedAmount.model_validate(record.document).total

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
    return next((amount for amount in wanted if not role.may_approve(amount.approved.total)), None)


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
        accounts = {finding.account for finding in opened.findings if opened.kind in {Kind.VARIANCE, Kind.CONTRACT}}
        for account in filter(None, sorted(accounts)):
            yield LimitScope.CUSTOMER, f"{account} {day}"
    else:
        document = InvoiceId.of_subject(opened.legal_entity, opened.period, opened.subject)
        yield LimitScope.DOCUMENT, str(document.invoice)
        yield LimitScope.CUSTOMER, f"{document.account} {day}"
    yield LimitScope.DAY, day


def _partition(opened: ExceptionRecord, person: str) -> str:
    return sort_key("limits", opened.legal_entity, person)
