"""The names of a legal entity's accounts, read side by side and kept for some minutes: a process matches many receipts.

A name that is not known yet makes a receipt wait for a person; it is never applied because of it.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from billproof.masterdata.directory import Directory
from billproof.ports import Clock

FRESH_FOR = timedelta(minutes=5)
READ_AT_ONCE = 16


class AccountNames:
    """Names by account, for each legal entity that was asked for."""

    def __init__(self, directory: Directory, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._names: dict[str, tuple[datetime, dict[str, str]]] = {}

    def of(self, entity: str) -> Mapping[str, str]:
        """Return the names of a legal entity's accounts by their ids, at most FRESH_FOR old."""
        now = self._clock()
        if entity not in self._names or now - self._names[entity][0] > FRESH_FOR:
            self._names[entity] = now, self._read(entity)
        return self._names[entity][1]

    def _read(self, entity: str) -> dict[str, str]:
        with ThreadPoolExecutor(READ_AT_ONCE) as pool:
            accounts = pool.map(self._directory.account, self._directory.members(entity))
            return {account.id: account.name for account in accounts if account is not None}
