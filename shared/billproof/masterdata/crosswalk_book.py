"""All crosswalks together: whose an event is, by its source, its subject and its time, as was known at some instant.

    source, subject, time -> the crosswalk of the source -> account -> the crosswalks of accounts -> account
                                                                       (as often as one account went into another)

    versions of a crosswalk     1: VX from March          2: UA from March
    known                       ........|=================|=======================
    an event of April           VX's own  VX's             UA's, since version 2

Which account an event counts for is never written to the usage log: it is what the crosswalks say that a run knew.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from billproof.masterdata.crosswalks import ACCOUNTS, END, Crosswalk
from billproof.periods import month_names

MOST_STEPS = 20
"""Accounts that one account may go into, one after the other; where there are more, the last one is taken."""
FIRST = "0"
"""Sorts before the text of every instant."""
_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class KnownCrosswalk:
    """A version, and since when it is known, as text in UTC ("" where that was not noted)."""

    data: Crosswalk
    known_at: str

    @cached_property
    def spans(self) -> list[tuple[str, str, str]]:
        """The account of each entry, with its instants `[start, end)`."""
        return self.data.spans()

    @cached_property
    def external_ids(self) -> frozenset[str]:
        """The ids that it speaks of."""
        return frozenset(self.data.external_ids)

    @property
    def accounts(self) -> set[str]:
        """The accounts that it names."""
        return {entry.account for entry in self.data.entries}

    def account_at(self, external_id: str, instant: str) -> str | None:
        """Return the account that an id means at an instant, or None."""
        if external_id not in self.external_ids:
            return None
        return next((account for account, start, end in self.spans if start <= instant < end), None)


class OwnedSpan(NamedTuple):
    """Events of an external id with times `[start, end)` and the account that they count for, known `since`.

    `system` is their source; "" is every source that has no crosswalk of its own for the id.
    """

    system: str
    external_id: str
    start: str
    end: str
    account: str
    since: str


class Mark(NamedTuple):
    """A month of which a version changes whose usage is whose, and since when it is known."""

    month: str
    known_at: str


@dataclass(frozen=True)
class CrosswalkBook:
    """Every version of every crosswalk."""

    versions: tuple[KnownCrosswalk, ...] = ()

    @classmethod
    def of(cls, versions: Iterable[KnownCrosswalk], *, known_before: str = END) -> "CrosswalkBook":
        """Return the book of the versions that were known before an instant, oldest first of each crosswalk."""
        known = (version for version in versions if version.known_at < known_before)
        return cls(tuple(sorted(known, key=lambda version: (version.data.id, version.data.version))))

    def __bool__(self) -> bool:
        """Say whether there is any."""
        return bool(self.versions)

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """The crosswalks that ever named an id, by its system."""
        names: dict[tuple[str, str], dict[str, None]] = {}
        for version in self.versions:
            for external in version.data.external_ids:
                names.setdefault((version.data.system, external), {})[version.data.id] = None
        return {name: tuple(ids) for name, ids in names.items()}

    @cached_property
    def _by_id(self) -> Mapping[str, tuple[KnownCrosswalk, ...]]:
        crosswalks: dict[str, list[KnownCrosswalk]] = {}
        for version in self.versions:
            crosswalks.setdefault(version.data.id, []).append(version)
        return {name: tuple(versions) for name, versions in crosswalks.items()}

    @cached_property
    def external_ids(self) -> frozenset[str]:
        """Every id that is named, in any system."""
        return frozenset(external for _, external in self._by_name)

    def account_of(self, system: str, subject: str, instant: str, *, known_before: str = END) -> str:
        """Return the account that an event counts for: where no crosswalk says otherwise, the one of that name.

        Accounts that would go into each other in a circle stay what they are: publishing refuses circles.
        """
        here = self._step(system, subject, instant, known_before) if system != ACCOUNTS else None
        account = subject if here is None else here
        first, passed = account, [account]
        while (after := self._step(ACCOUNTS, account, instant, known_before)) is not None:
            if after in passed:
                return first
            account = after
            passed.append(account)
            if len(passed) > MOST_STEPS:
                break
        return account

    def circle_of(self, account: str, instants: Iterable[str]) -> list[str]:
        """Return the accounts by which one would come back to itself, or to one on its way, at some instant."""
        for instant in instants:
            passed = [account]
            while (after := self._step(ACCOUNTS, passed[-1], instant, END)) is not None:
                passed.append(after)
                if after in passed[:-1]:
                    return passed
        return []

    def is_named(self, system: str, subject: str, instant: str) -> bool:
        """Say whether a crosswalk says whose an event is."""
        return any(self._step(one, subject, instant, END) is not None for one in (system, ACCOUNTS))

    def crosswalks_of(self, system: str, external: str) -> list[Crosswalk]:
        """Return the latest version of each crosswalk that names an id now."""
        latest = (self._by_id[name][-1] for name in self._by_name.get((system, external), ()))
        return [version.data for version in latest if external in version.external_ids]

    def _step(self, system: str, external: str, instant: str, known_before: str) -> str | None:
        for name in self._by_name.get((system, external), ()):
            known = next((one for one in reversed(self._by_id[name]) if one.known_at < known_before), None)
            account = known.account_at(external, instant) if known else None
            if account is not None:
                return account
        return None

    def spans(self, as_of: Mapping[str, str]) -> Iterator[OwnedSpan]:
        """Yield whose the events of every id that is named are, over all of time.

        An account of `as_of` has what was its own before that instant: its invoice is made of that.
        """
        touched = {
            (data.system, external)
            for account in as_of
            for name in self._crosswalks_by_account.get(account, ())
            for data in (version.data for version in self._by_id[name])
            for external in data.external_ids
        }
        afresh = self._alike(touched, as_of)
        for name, spans in self._spans.items():
            yield from afresh.get(name, spans)

    @cached_property
    def _spans(self) -> Mapping[tuple[str, str], tuple[OwnedSpan, ...]]:
        return self._alike(self._by_name, {})

    def _alike(
        self, names: Iterable[tuple[str, str]], as_of: Mapping[str, str]
    ) -> dict[tuple[str, str], tuple[OwnedSpan, ...]]:
        """Return the spans of ids: those that the same versions name, and nothing else does, are worked out once."""
        accounts = {account for version in self.versions for account in version.accounts} | as_of.keys()
        first: dict[object, str] = {}
        spans: dict[tuple[str, str], tuple[OwnedSpan, ...]] = {}
        for name in names:
            system, external = name
            versions = (one for crosswalk in self._by_name[name] for one in self._by_id[crosswalk])
            naming = tuple((one.data.id, one.data.version) for one in versions if external in one.external_ids)
            alike: object = (system, naming)
            if external in accounts or (ACCOUNTS, external) in self._by_name:
                alike = name
            other = first.setdefault(alike, external)
            if other == external:
                spans[name] = tuple(self._spans_of(*name, as_of))
            else:
                spans[name] = tuple(_renamed(span, other, external) for span in spans[system, other])
        return spans

    def _spans_of(self, system: str, external: str, as_of: Mapping[str, str]) -> Iterator[OwnedSpan]:
        edges, cuts = self._edges(system, external)
        instants = sorted({FIRST, *edges, END})
        for start, end in pairwise(instants):
            for account in dict.fromkeys(self._owners(system, external, start, cuts, as_of)):
                since = self._since(system, external, start, cuts, (account, as_of.get(account, END)))
                yield OwnedSpan("" if system == ACCOUNTS else system, external, start, end, account, since)

    def _owners(
        self, system: str, external: str, start: str, cuts: Iterable[str], as_of: Mapping[str, str]
    ) -> Iterator[str]:
        for cut in (*cuts, END):
            account = self.account_of(system, external, start, known_before=_just_after(cut))
            if self.account_of(system, external, start, known_before=as_of.get(account, END)) == account:
                yield account
        first = self.account_of(system, external, start, known_before=FIRST)
        if self.account_of(system, external, start, known_before=as_of.get(first, END)) == first:
            yield first

    def _since(self, system: str, external: str, start: str, cuts: Iterable[str], owner: tuple[str, str]) -> str:
        """Return since when an account is known to own a span, without a break until an instant; "" for ever."""
        account, until = owner
        if self.account_of(system, external, start, known_before=until) != account:
            until = END
        since = ""
        for cut in sorted(cut for cut in cuts if cut < until):
            is_own = self.account_of(system, external, start, known_before=_just_after(cut)) == account
            was_own = self.account_of(system, external, start, known_before=cut) == account
            since = (since if was_own else cut) if is_own else ""
        return since

    def _edges(self, system: str, external: str) -> tuple[set[str], list[str]]:
        """Return the instants at which an id may change its account, and those at which a version became known."""
        edges: set[str] = set()
        cuts: set[str] = set()
        visited: set[tuple[str, str]] = set()
        names = {(system, external), (ACCOUNTS, external)}
        while names:
            name = names.pop()
            visited.add(name)
            for crosswalk in self._by_name.get(name, ()):
                for version in self._by_id[crosswalk]:
                    cuts.add(version.known_at)
                    for account, start, end in version.spans:
                        edges |= {start, end}
                        names |= {(ACCOUNTS, account)} - visited
        return edges - {END}, sorted(cuts - {""})

    @cached_property
    def _reached(self) -> Mapping[str, frozenset[str]]:
        """The accounts whose usage a crosswalk may change, by its id: all that any version, or one after it, names."""
        reached: dict[str, frozenset[str]] = {}
        for name, versions in self._by_id.items():
            accounts = {name for one in versions for name in one.accounts | one.external_ids}
            waiting = set(accounts)
            while waiting:
                account = waiting.pop()
                for other in self._by_name.get((ACCOUNTS, account), ()):
                    further = {after for one in self._by_id[other] for after in one.accounts}
                    waiting |= further - accounts
                    accounts |= further
            reached[name] = frozenset(accounts)
        return reached

    @cached_property
    def _crosswalks_by_account(self) -> Mapping[str, tuple[str, ...]]:
        by_account: dict[str, list[str]] = {}
        for name, accounts in self._reached.items():
            for account in accounts:
                by_account.setdefault(account, []).append(name)
        return {account: tuple(names) for account, names in by_account.items()}

    def ids_of(self, account: str) -> frozenset[str]:
        """Return the ids whose usage may be an account's, beside its own."""
        versions = (one for name in self._crosswalks_by_account.get(account, ()) for one in self._by_id[name])
        return frozenset(external for version in versions for external in version.external_ids) - {account}

    def marks_of(self, account: str, *, until: date) -> Iterator[Mark]:
        """Yield the months, up to a day, of which a version may have changed what an account used.

        One too many changes nothing: the month is looked at once more.
        """
        for name in self._crosswalks_by_account.get(account, ()):
            before: tuple[date, ...] = ()
            for version in self._by_id[name]:
                days = tuple(entry.effective.start for entry in version.data.entries)
                if begun := [day for day in (*before, *days) if day <= until]:
                    yield from (Mark(month, version.known_at) for month in month_names(min(begun) - _A_DAY, until))
                before = days


def _renamed(span: OwnedSpan, other: str, external: str) -> OwnedSpan:
    """Return a span as that of another id; where nothing says otherwise an id means the account that is called so."""
    return span._replace(external_id=external, account=external if span.account == other else span.account)


def _just_after(instant: str) -> str:
    return f"{instant}~"
