"""Every morning: two accounts with one tax number are one customer, or one of both numbers is wrong. A person decides.

    pair of accounts -> exception in the month that is being closed -> execution of invoice_exception, which waits

Approved or rejected, the pair is known, with who decided, when and why, and is not proposed again until the name or the
tax number of one of both is another one. It ends by itself once the accounts are of one family, a crosswalk lets one go
into the other, or their numbers differ.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from billproof.approvals.exception_store import ExceptionStore
from billproof.approvals.model import ExceptionRecord, ExceptionState, Kind, Verdict
from billproof.approvals.raising import raise_exception
from billproof.approvals.superseding import no_longer_needed
from billproof.callers import SCHEDULE
from billproof.findings import Finding, Owner, Severity
from billproof.identities import ExceptionId, InvoiceId
from billproof.ids import digest
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.masterdata.duplicates import is_settled, same_tax_number, tax_number
from billproof.masterdata.parties import Account
from billproof.model import Model
from billproof.money import Money
from billproof.periods import Period, instant_text
from billproof.ports import Workflows
from billproof.store_keys import ExceptionOrdinal

SAME_NUMBER = "accounts_with_one_tax_number"
MOST_ACCOUNTS = 200_000
"""Accounts that are read each time; of more, none are compared, and the answer says so."""
MOST_RAISED = 200
"""Exceptions that are opened at once; of more pairs, the next time opens the rest."""
MONTHS_REMEMBERED = 60
"""Months whose exceptions are looked at for what was decided of a pair."""
READ_AT_ONCE = 16
_PREFIX = "_pair-"
_DIGITS = 24


class AccountsCompared(Model):
    """How many accounts were compared, and how many pairs with one tax number wait for a decision."""

    accounts: int
    waiting: int
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class PairSources:
    """What comparing the accounts reads and writes, as of a moment."""

    directory: Directory
    register: Register
    exception_store: ExceptionStore
    workflows: Workflows
    now: datetime


def compare_accounts(sources: PairSources) -> AccountsCompared:
    """Open an exception for each pair of accounts with one tax number that nobody decided; end those that are settled.

    Doing it again opens none twice, and starts what a crash left unstarted.
    """
    directory, at = sources.directory, instant_text(sources.now)
    names = [name for entity in directory.entity_ids() for name in directory.members(entity)]
    if len(names) > MOST_ACCOUNTS:
        return AccountsCompared(accounts=0, waiting=0, is_whole=False)
    with ThreadPoolExecutor(READ_AT_ONCE) as pool:
        read = pool.map(directory.account, names)
        numbered = [account for account in read if account is not None and tax_number(account)]
    crosswalks = directory.crosswalks()
    pairs = ((one, other) for one, other in same_tax_number(numbered) if not is_settled(one, other, crosswalks, at))
    known = _known(directory, sources.exception_store, sources.now)
    waiting = _open(pairs, known, sources)
    _end_settled({account.id: account for account in numbered}, known, sources)
    return AccountsCompared(accounts=len(names), waiting=waiting)


def decided_pairs(
    directory: Directory, exception_store: ExceptionStore, now: datetime
) -> Callable[[Account, Account], bool]:
    """Return what says of two accounts, by their ids in order, whether a person decided on them as they are now."""
    known = _known(directory, exception_store, now)

    def is_decided(one: Account, other: Account) -> bool:
        last = _last(one, other, known)
        return last is not None and last.decision is not None and last.status != Verdict.SUPERSEDED

    return is_decided


def _last(one: Account, other: Account, known: dict[str, list[ExceptionState]]) -> ExceptionState | None:
    """Return the last exception of two accounts; None where it was of another name or number."""
    last = next(reversed(known.get(_subject(one.id, other.id), [])), None)
    return last if last is not None and last.opened.findings[0].message == _said(one, other) else None


def _states(directory: Directory, exception_store: ExceptionStore, now: datetime) -> Iterator[ExceptionState]:
    """Yield the exceptions of pairs, the oldest first of each legal entity."""
    for entity in directory.legal_entities():
        month = Period.month_before(now, entity.time_zone)
        months = [month.name]
        for _ in range(MONTHS_REMEMBERED - 1):
            month = Period.month_ending(month.start)
            months.append(month.name)
        for name in reversed(months):
            yield from exception_store.beginning(entity.id, name, _PREFIX)


def _known(directory: Directory, exception_store: ExceptionStore, now: datetime) -> dict[str, list[ExceptionState]]:
    known: dict[str, list[ExceptionState]] = {}
    for state in _states(directory, exception_store, now):
        known.setdefault(state.opened.subject, []).append(state)
    return known


def _subject(one: str, other: str) -> str:
    return f"{_PREFIX}{digest([one, other])[:_DIGITS]}"


def _open(
    pairs: Iterable[tuple[Account, Account]], known: dict[str, list[ExceptionState]], sources: PairSources
) -> int:
    """Open what is new, and return how many wait."""

    def to_open() -> Iterator[ExceptionRecord]:
        for one, other in pairs:
            last = _last(one, other, known)
            if last is None or last.status == Verdict.SUPERSEDED:
                yield _record(one, other, known.get(_subject(one.id, other.id), []), sources)
            elif last.decision is None:
                yield last.opened

    waiting = 0
    for opened in islice(to_open(), MOST_RAISED):
        raise_exception(opened, exception_store=sources.exception_store, workflows=sources.workflows)
        for state in known.get(opened.subject, []):
            _end(state, opened.id, f"see {opened.id}", sources)
        waiting += 1
    return waiting


def _end_settled(numbered: dict[str, Account], known: dict[str, list[ExceptionState]], sources: PairSources) -> None:
    crosswalks, at = sources.directory.crosswalks(), instant_text(sources.now)
    for states in known.values():
        finding = states[-1].opened.findings[0]
        one, other = numbered.get(finding.account), numbered.get(finding.path)
        if one is None or other is None or tax_number(one) != tax_number(other):
            reason = "their tax numbers differ by now"
        elif is_settled(one, other, crosswalks, at):
            reason = "they are of one family, or one goes into the other"
        else:
            continue
        for state in states:
            _end(state, "", reason, sources)


def _end(state: ExceptionState, but: str, reason: str, sources: PairSources) -> None:
    if state.decision is None and state.opened.id != but:
        sources.exception_store.supersede(no_longer_needed(state.opened.id, reason, sources.now))


def _record(one: Account, other: Account, before: list[ExceptionState], sources: PairSources) -> ExceptionRecord:
    entity = sources.directory.legal_entity(one.legal_entity)
    month = Period.month_before(sources.now, entity.time_zone).name
    subject = _subject(one.id, other.id)
    ordinals = [ExceptionId.parse(state.opened.id).ordinal for state in before if state.opened.period == month]
    number = ExceptionOrdinal.parse(ordinals[-1]).run if ordinals else 0
    amount = _at_risk(one, other, month, sources.register)
    finding = Finding(
        code=SAME_NUMBER,
        severity=Severity.WARNING,
        account=one.id,
        path=other.id,
        message=_said(one, other),
        remedy="where they are one customer, publish a crosswalk or a parent; where a number is wrong, publish the "
        "account with the right one; where they are two customers, approve with the reason",
        owner=Owner.BILLING,
        amount_at_risk=amount,
    )
    return ExceptionRecord(
        id=str(ExceptionId(entity.id, month, subject, str(ExceptionOrdinal(number + 1)))),
        kind=Kind.ACCOUNT,
        legal_entity=entity.id,
        period=month,
        subject=subject,
        run=f"{one.id}:{other.id}",
        batch=None,
        requested_by=SCHEDULE,
        amount=amount,
        findings=(finding,),
        can_approve=True,
        opened_at=instant_text(sources.now),
    )


def _said(one: Account, other: Account) -> str:
    """Say what both have in common: another text is another exception."""
    return f"{one.id} ({one.name}) and {other.id} ({other.name}) have the tax number {tax_number(one)}"


def _at_risk(one: Account, other: Account, month: str, register: Register) -> Money | None:
    """Return the smaller of what both were billed for a month: that is billed twice where they are one customer."""
    billed = []
    for account in (one, other):
        released = register.released(str(InvoiceId(account.legal_entity, month, account.parent or account.id)))
        if released is None:
            return None
        billed.append(released.receivable.amount)
    if billed[0].currency != billed[1].currency:
        return None
    return min(billed, key=lambda money: money.amount)
