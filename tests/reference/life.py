"""The life of an account, read from its document: what is known at an instant, and what is owed as known then."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.reference.credits import Draws, draw
from tests.reference.days import add_months, day_of, days_between
from tests.reference.figures import Document
from tests.reference.lines import Line, Slot, Writer, fees, is_metered, once
from tests.reference.metered import Family, Metered, true_ups
from tests.reference.reductions import shares_by_month, shortfalls, take_fixed_and_caps, take_percentages
from tests.reference.terms import DUE_ONCE, Contract
from tests.reference.usage import Usage, instant

ALWAYS = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Owed:
    """What is owed for a slot, in minor units: net after reductions, less concessions, of it drawn from credits."""

    slot: Slot
    account: str
    currency: str
    due: date
    gross: int
    net: int
    conceded: int
    drawn: Draws
    lines: tuple[Line, ...]

    @property
    def after_concessions(self) -> int:
        return self.net - self.conceded

    @property
    def payable(self) -> int:
        return self.after_concessions - sum(self.drawn.values())


class Life:
    """A life's document, with what it leaves out filled in."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.rounding: str = document.get("rounding", "half_up")
        self.time_zone = ZoneInfo(document["contracts"][0]["terms"]["time_zone"])
        self.meters = {meter["id"]: meter for meter in document.get("meters") or ()}
        self.usage = [{"place": place, **event} for place, event in enumerate(document.get("usage") or ())]
        self.runs = sorted(document["runs"], key=lambda run: instant(run["at"]))
        self._owed: dict[tuple[Any, ...], list[Owed]] = {}

    @property
    def last_month(self) -> date:
        return max(day_of(run["month"] + "-01") for run in self.runs)

    def contracts(self, at: datetime, horizon: date) -> list[Contract]:
        versions: dict[str, list[Document]] = {}
        for entry in self.document["contracts"]:
            if entry.get("published") is None or instant(entry["published"]) <= at:
                versions.setdefault(entry["terms"]["id"], []).append(entry["terms"])
        return [Contract(known, horizon) for known in versions.values()]

    def owed(
        self,
        until: date,
        at: datetime = ALWAYS,
        conceded: dict[Slot, int] | None = None,
        stays: dict[Slot, date] | None = None,
    ) -> list[Owed]:
        """Return what is owed for every slot that a month's end or invoice may concern, as it is known at an instant.

        Slots are those whose service period begins before the end of the month after `until`. Those after it count in
        the months that a fee of a year has a share of: their amounts and caps are shared with it. The fees of a slot
        that `stays` are due in the month that billed it.
        """
        conceded, stays = {slot: amount for slot, amount in (conceded or {}).items() if amount}, stays or {}
        key = until, at, frozenset(conceded.items()), frozenset(stays.items())
        if key not in self._owed:
            self._owed[key] = self._owed_now(until, at, conceded, stays)
        return list(self._owed[key])

    def _owed_now(self, until: date, at: datetime, conceded: dict[Slot, int], stays: dict[Slot, date]) -> list[Owed]:
        limit = add_months(until, 2)
        further = add_months(limit, 12)
        contracts = self.contracts(at, add_months(further, 12))
        usage = Usage([event for event in self.usage if instant(event["received"]) <= at], self.meters)
        members = self._covered(contracts, limit)
        found: list[Owed] = []
        for contract in contracts:
            is_shared = any(contract.has(kind) for kind in ("discounts", "caps", "commitments"))
            writer = Writer(contract, self.rounding, further if is_shared else limit)
            family = Family(usage, contract.account, members.get(self._payer(contract.account), {}))
            lines = _lines(contract, writer, family)
            for line in lines:
                line.due = stays.get(line.slot, line.due) if line.is_fee else line.due
            take_percentages(contract, lines, self.rounding)
            if is_shared:
                shares = shares_by_month(lines, self.rounding)
                take_fixed_and_caps(writer, shares)
                lines += shortfalls(writer, shares)
            slots = _slots(contract, writer, lines, conceded)
            found += (each for each in slots if each.slot.start < limit)
        return found

    def is_in_force(self, month: date, at: datetime) -> bool:
        """Say whether a contract is in force on a day of a month, as it is known at an instant."""
        end = add_months(month, 1)
        contracts = self.contracts(at, end)
        return any(contract.in_force(day) for contract in contracts for day in days_between(month, end))

    def fees_alone(self) -> "Life":
        """Return the life without usage and what is charged for it: all that is known of months that are to come."""
        contracts = []
        for entry in self.document["contracts"]:
            charges = [
                {**charge, "seats_meter": None} for charge in entry["terms"]["charges"] if not is_metered(charge)
            ]
            contracts.append({**entry, "terms": {**entry["terms"], "charges": charges}})
        return Life({**self.document, "contracts": contracts, "usage": []})

    def _payer(self, account: str) -> str:
        for entry in self.document.get("accounts") or ():
            if entry["id"] == account:
                return entry.get("parent") or account
        return account

    def _covered(self, contracts: list[Contract], limit: date) -> dict[str, dict[str, set[date]]]:
        """Return, for each payer, the days of each account of its family on which it is a member under contract."""
        families: dict[str, dict[str, set[date]]] = {}
        if not any(charge.get("pooled") for contract in contracts for charge in contract.written()):
            return {}
        member_of: dict[str, Any] = {entry["id"]: entry for entry in self.document.get("accounts") or ()}
        for contract in contracts:
            membership = (member_of.get(contract.account) or {}).get("member") or {}
            first = max(contract.start, day_of(membership.get("start") or "0001-01-01"))
            last = min(limit, day_of(membership.get("end") or "9999-12-31"))
            days = {day for day in days_between(first, last) if contract.in_force(day)}
            family = families.setdefault(self._payer(contract.account), {})
            family.setdefault(contract.account, set()).update(days)
        return families


def _lines(contract: Contract, writer: Writer, family: Family) -> list[Line]:
    lines: list[Line] = []
    for place, charge_id in enumerate(contract.charge_ids):
        spans = contract.spans(charge_id)
        if not spans:
            continue
        model = spans[0].price["model"]
        if model in DUE_ONCE:
            lines += once(writer, charge_id, spans, place)
        else:
            used = [span for span in spans if is_metered(span.charge)]
            lines += Metered(writer, family, charge_id, place).lines(used) if used else []
            lines += fees(writer, charge_id, spans, place) if len(used) < len(spans) else []
            if model == "seats" and spans[0].charge.get("seats_meter") is not None:
                lines += true_ups(writer, family, charge_id, spans, place)
    return lines


def _slots(contract: Contract, writer: Writer, lines: list[Line], conceded: dict[Slot, int]) -> list[Owed]:
    by_slot: dict[Slot, list[Line]] = {}
    for line in sorted(lines, key=lambda line: line.order):
        by_slot.setdefault(line.slot, []).append(line)
    after = {slot: max(_net(parts) - conceded.get(slot, 0), 0) for slot, parts in by_slot.items()}
    drawn = draw(contract, writer, by_slot, after)
    return [
        Owed(
            slot=slot,
            account=contract.account,
            currency=contract.currency,
            due=max(part.due for part in parts),
            gross=sum(part.gross for part in parts),
            net=_net(parts),
            conceded=_net(parts) - after[slot],
            drawn=drawn.get(slot, {}),
            lines=tuple(parts),
        )
        for slot, parts in by_slot.items()
    ]


def _net(parts: list[Line]) -> int:
    return sum(part.net for part in parts)
