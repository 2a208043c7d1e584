"""Whose a refused event is, and of which month it is."""

from __future__ import annotations

from datetime import datetime, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING

from billproof.ids import is_name
from billproof.nets import is_outside
from billproof.periods import month_name, zone
from billproof.usage.refusal_model import PlaceKind, RefusedEvent
from billproof.usage.refused import readable_parts, refused_id
from billproof.usage.validation import MAX_AHEAD

if TYPE_CHECKING:
    from billproof.masterdata.directory import Directory
    from billproof.masterdata.parties import LegalEntity
    from billproof.usage.model import Quarantined


class Attribution:
    """Says of a refused event whose it is, and of which month."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._accounts: dict[str, tuple[str, str] | None] = {}

    @cached_property
    def _entities(self) -> list[LegalEntity]:
        return sorted(self._directory.legal_entities(), key=lambda entity: entity.id)

    def of(self, line: Quarantined) -> tuple[str, RefusedEvent]:
        """Return the legal entity that a refused event is stated by, and the event."""
        parts = readable_parts(line.raw.encode(errors="replace"))
        account = line.account or parts.subject
        known = self._account(account) if account else None
        entity = known[0] if known else self._looks_after(parts.source)
        time_zone = known[1] if known else next(one.time_zone for one in self._entities if one.id == entity)
        time = line.time or parts.time
        kind, place = self._place(account if known else None, parts.source, entity)
        event = RefusedEvent(
            id=str(refused_id(line)),
            reason=line.reason,
            kind=kind,
            place=place,
            account=account,
            source=parts.source,
            event=parts.id,
            type=parts.type,
            time=time,
            period=_month_in(zone(time_zone), time, line.received_at),
            received_at=line.received_at,
        )
        return entity, event

    def _place(self, account: str | None, source: str | None, entity: str) -> tuple[PlaceKind, str]:
        if account is not None:
            return PlaceKind.ACCOUNT, account
        if source is not None:
            return PlaceKind.SOURCE, source
        return (PlaceKind.LEGAL_ENTITY, entity) if len(self._entities) == 1 else (PlaceKind.UNATTRIBUTED, "")

    def _looks_after(self, source: str | None) -> str:
        claimed = [entity.id for entity in self._entities if source is not None and source in entity.usage_sources]
        return next(iter(claimed or [entity.id for entity in self._entities]))

    def _account(self, account: str) -> tuple[str, str] | None:
        """Return an account's legal entity, and the time zone of its months; None where there is no such account."""
        if account not in self._accounts:
            self._accounts[account] = self._look_up(account)
        return self._accounts[account]

    def _look_up(self, account: str) -> tuple[str, str] | None:
        try:
            return self._known(account)
        except Exception as error:  # its master data no longer reads: that is its own trouble, and not its events'
            if is_outside(error):
                raise
            return None

    def _known(self, account: str) -> tuple[str, str] | None:
        known = self._directory.account(account) if is_name(account) else None
        if known is None:
            return None
        contracts = self._directory.contracts(account)
        entity = self._directory.legal_entity(known.legal_entity)
        return entity.id, contracts[0].time_zone if contracts else entity.time_zone


def _month_in(local: tzinfo, time: str | None, received_at: str) -> str:
    """Return the month of a time; that of its receipt where there is none, or one that cannot be right.

    A time whose local day is before the first of all has no month; one far ahead of its receipt would be of a month
    that no run bills for years.
    """
    received = datetime.fromisoformat(received_at)
    moment = datetime.fromisoformat(time) if time else received
    if moment > received + MAX_AHEAD:
        moment = received
    try:
        return month_name(moment.astimezone(local))
    except OverflowError:
        return month_name(received.astimezone(local))
