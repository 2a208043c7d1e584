"""Every morning: accounts with one tax number, or with one name but for a letter or two, wait for a person's decision.

    pair of accounts -> exception in the month that is being closed -> execution of invoice_exception, which waits

Approved or rejected, the pair is known, with who decided, when and why, and is not proposed again until the name or the
tax number of one of both is another one. It ends by itself once the accounts are of one family, a crosswalk lets one go
into the other, or they are not alike any more.
"""

from collections.abc import Callable, Container, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from billproof.approvals.exception_store import ExceptionStore
from billproof.approvals.model import ExceptionRecord, ExceptionState, Kind, Verdict
from billproof.approvals.raising import raise_exception
from billproof.approvals.superseding import no_longer_needed
from billproof.callers import SCHEDULE
from billproof.completeness.alike_accounts import AlikeAccounts, SharedBy, alike_accounts, tax_number
from billproof.findings import Finding, Owner, Severity
from billproof.identities import ExceptionId, InvoiceId
from billproof.ids import digest
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.model import Model
from billproof.money import Money
from billproof.periods import Period, instant_text
from billproof.ports import Workflows
from billproof.store_keys import ExceptionOrdinal

CODES = {SharedBy.TAX_NUMBER: "accounts_with_one_tax_number", SharedBy.NAME: "accounts_with_one_name"}
"""What is compared; a domain that accounts have in common is only listed."""
MOST_ACCOUNTS = 200_000
"""Accounts that are read each time; of more, none are compared, and the answer says so."""
MOST_NAMES = 5_000
"""Accounts whose names are compared, each with every other one; of more, tax numbers alone are."""
MOST_WAITING = 200
"""Pairs that wait at once; the others are opened as these are decided."""
MONTHS_REMEMBERED = 60
"""Months whose exceptions are looked at for what was decided of a pair."""
READ_AT_ONCE = 16
_PREFIX = "_pair-"
_DIGITS = 24


class AccountsCompared(Model):
    """How many accounts were compared, by what, and how many pairs wait for a decision."""

    accounts: int
    waiting: int
    compared_by: tuple[SharedBy, ...]


@dataclass(frozen=True, slots=True)
class PairSources:
    """What comparing the accounts reads and writes, as of a moment."""

    directory: Directory
    register: Register
    exception_store: ExceptionStore
    workflows: Workflows
    now: datetime


def compare_accounts(sources: PairSources) -> AccountsCompared:
    """Open an exception for each pair of accounts that are alike and nobody decided on; end those that are not alike.

    Doing it again opens none twice, and starts what a crash left unstarted.
    """
    directory, at = sources.directory, instant_text(sources.now)
    everyone = (name for entity in directory.entity_ids() for name in directory.members(entity))
    names = list(islice(everyone, MOST_ACCOUNTS + 1))
    if len(names) > MOST_ACCOUNTS:
        return AccountsCompared(accounts=0, waiting=0, compared_by=())
    by = tuple(CODES) if len(names) <= MOST_NAMES else (SharedBy.TAX_NUMBER,)
    with ThreadPoolExecutor(READ_AT_ONCE) as pool:
        read = pool.map(directory.account, names)
        accounts = [one for one in read if one is not None and (tax_number(one) or SharedBy.NAME in by)]
    pairs = list(alike_accounts(accounts, directory.crosswalks(), at, by=by))
    known = _known(directory, sources.exception_store, sources.now)
    waiting = _open(pairs, known, sources)
    _end_others({_subject(pair) for pair in pairs}, known, by, sources)
    return AccountsCompared(accounts=len(names), waiting=waiting, compared_by=by)


def decided_pairs(
    directory: Directory, exception_store: ExceptionStore, now: datetime
) -> Callable[[AlikeAccounts], bool]:
    """Return what says of two accounts whether a person decided on them as they are now."""
    known = _known(directory, exception_store, now)

    def is_decided(pair: AlikeAccounts) -> bool:
        last = _last(pair, known)
        return last is not None and last.decision is not None and last.status != Verdict.SUPERSEDED

    return is_decided


def _last(pair: AlikeAccounts, known: dict[str, list[ExceptionState]]) -> ExceptionState | None:
    """Return the last exception of two accounts; None where it was of another name or number."""
    last = next(reversed(known.get(_subject(pair), [])), None)
    return last if last is not None and last.opened.findings[0].message == _said(pair) else None


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


def _subject(pair: AlikeAccounts) -> str:
    return f"{_PREFIX}{digest([pair.one.id, pair.other.id])[:_DIGITS]}"


def _open(pairs: Iterable[AlikeAccounts], known: dict[str, list[ExceptionState]], sources: PairSources) -> int:
    """Open what is new, and return how many wait."""

    def to_open() -> Iterator[ExceptionRecord]:
        for pair in pairs:
            last = _last(pair, known)
            if last is None or last.status == Verdict.SUPERSEDED:
                yield _record(pair, known.get(_subject(pair), []), sources)
            elif last.decision is None:
                yield last.opened

    waiting = 0
    for opened in islice(to_open(), MOST_WAITING):
        raise_exception(opened, exception_store=sources.exception_store, workflows=sources.workflows)
        for state in known.get(opened.subject, []):
            _end(state, opened.id, f"see {opened.id}", sources)
        waiting += 1
    return waiting


def _end_others(
    alike: Container[str], known: dict[str, list[ExceptionState]], by: Container[SharedBy], sources: PairSources
) -> None:
    """End what waits of accounts that are alike no more, as far as that was compared."""
    compared = {code for shared, code in CODES.items() if shared in by}
    for subject, states in known.items():
        if subject not in alike and states[-1].opened.findings[0].code in compared:
            for state in states:
                _end(state, "", "they are one family, one goes into the other, or they are not alike now", sources)


def _end(state: ExceptionState, but: str, reason: str, sources: PairSources) -> None:
    if state.decision is None and state.opened.id != but:
        sources.exception_store.supersede(no_longer_needed(state.opened.id, reason, sources.now))


def _record(pair: AlikeAccounts, before: list[ExceptionState], sources: PairSources) -> ExceptionRecord:
    entity = sources.directory.legal_entity(pair.one.legal_entity)
    month = Period.month_before(sources.now, entity.time_zone).name
    subject = _subject(pair)
    ordinals = [ExceptionId.parse(state.opened.id).ordinal for state in before if state.opened.period == month]
    number = ExceptionOrdinal.parse(ordinals[-1]).run if ordinals else 0
    amount = _at_risk(pair, month, sources.register)
    finding = Finding(
        code=CODES[pair.shared],
        severity=Severity.WARNING,
        account=pair.one.id,
        path=pair.other.id,
        message=_said(pair),
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
        run=f"{pair.one.id}:{pair.other.id}",
        batch=None,
        requested_by=SCHEDULE,
        amount=amount,
        findings=(finding,),
        can_approve=True,
        opened_at=instant_text(sources.now),
    )


def _said(pair: AlikeAccounts) -> str:
    """Say what both have in common: another text is another exception."""
    number = f"the tax number {tax_number(pair.one)}"
    common = number if pair.shared is SharedBy.TAX_NUMBER else "names that are alike"
    return f"{pair.one.id} ({pair.one.name}) and {pair.other.id} ({pair.other.name}) have {common}"


def _at_risk(pair: AlikeAccounts, month: str, register: Register) -> Money | None:
    """Return the smaller of what both were billed for a month: that is billed twice where they are one customer."""
    billed = []
    for account in (pair.one, pair.other):
        released = register.released(str(InvoiceId(account.legal_entity, month, account.parent or account.id)))
        if released is None:
            return None
        billed.append(released.receivable.amount)
    if billed[0].currency != billed[1].currency:
        return None
    return min(billed, key=lambda money: money.amount)
