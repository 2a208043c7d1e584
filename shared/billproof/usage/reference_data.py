"""What validation asks of master data, cached between calls: accounts, the rules of event types, and crosswalks."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from billproof.ids import is_name
from billproof.masterdata.crosswalk_book import CrosswalkBook
from billproof.masterdata.directory import Directory
from billproof.ports import Clock
from billproof.usage.model import Reason, SegmentRow
from billproof.usage.refusing import Refused
from billproof.usage.validation import TypeRule, type_rules

REMEMBERED_ACCOUNTS = 50_000
METERS_FRESH_FOR = timedelta(minutes=1)
_CROSSWALKS = "\n"
"""Stands among what is unknown to a call once the crosswalks were read afresh in it: it is no text of an account."""


class ReferenceDataCache:
    """Caches what validation needs between calls: which accounts exist and which properties the meters read.

    It caches only what exists, so an account or meter that was just published is never refused from the cache.
    """

    def __init__(self, directory: Directory, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._accounts: dict[str, str] = {}
        self._rules: Mapping[str, TypeRule] = {}
        self._sources: tuple[tuple[str, ...], ...] = ()
        self._crosswalks = CrosswalkBook()
        self._read_at: datetime | None = None

    def now(self) -> datetime:
        """Return the time."""
        return self._clock()

    def rules(self, *, fresh: bool = False) -> Mapping[str, TypeRule]:
        """Return the rules by event type, at most METERS_FRESH_FOR old."""
        now = self._clock()
        if fresh or self._read_at is None or now - self._read_at > METERS_FRESH_FOR:
            self._rules = type_rules(self._directory.meters())
            self._crosswalks = self._directory.crosswalks()
            self._sources = ()
            self._read_at = now
        return self._rules

    def knows(self, account: str) -> bool:
        """Say whether the account exists. What can be no name is not looked up: a key that is too long is an error."""
        return self.legal_entity_of(account) is not None

    def knows_plainly(self, account: str) -> bool:
        """Say whether an account exists, and no crosswalk says of any of its usage whose it is."""
        return account not in self._crosswalks.external_ids and self.knows(account)

    def knows_event(self, row: SegmentRow, unknown: set[str]) -> bool:
        """Say whether an event is of an account. What is `unknown` to a call was looked up in it before, afresh."""
        if row.account in unknown:
            return False
        account = self.account_of(row)
        if self.knows(account):
            return True
        if _CROSSWALKS not in unknown:
            unknown.add(_CROSSWALKS)
            self.rules(fresh=True)
            now = self.account_of(row)
            if now != account and self.knows(now):
                return True
        if row.account not in self._crosswalks.external_ids:  # of another source or time it may be an account's
            unknown.add(row.account)
        return False

    def account_of(self, row: SegmentRow) -> str:
        """Return the account that an event counts for, by the crosswalks."""
        return self._crosswalks.account_of(row.source, row.account, row.time)

    def legal_entity_of(self, account: str) -> str | None:
        """Return the legal entity that an account belongs to for good, or None where there is no such account."""
        if account in self._accounts:
            return self._accounts[account]
        known = self._directory.account(account) if is_name(account) else None
        if known is None:
            return None
        if len(self._accounts) >= REMEMBERED_ACCOUNTS:
            self._accounts.clear()
        self._accounts[account] = known.legal_entity
        return known.legal_entity

    def check_control_total(self, source: str, unknown: set[str]) -> None:
        """Raise Refused where control totals of a source are of no legal entity: each names its sources, and not it.

        One that names none takes those of every source. What is `unknown` to a call was looked up in it before.
        """
        if self._is_stated(source):
            return
        detail = f"no legal entity has the source {source!r} among its usage_sources: its control totals are of nobody"
        if detail not in unknown:
            self._sources = tuple(entity.usage_sources for entity in self._directory.legal_entities())
            if not self._sources or self._is_stated(source):
                return
            unknown.add(detail)
        raise Refused(Reason.FOREIGN_SOURCE, detail, field="source")

    def _is_stated(self, source: str) -> bool:
        return any(not sources or source in sources for sources in self._sources)
