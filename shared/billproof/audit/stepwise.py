"""Verifying some days of the chains of a legal entity in steps, each of them small enough for one call of the API.

links     a chain's records of these days, to each other and to the one before; the anchor of each day
stored    what lies where these records say, against their digests

                 lane 0        lane 1      ...     lane 0         lane 1      ...
    place        links         links               stored         stored              none: it is done

A step ends where its limit is reached, and names the place where the next one goes on. What has no record, and what the
chains of all legal entities share, is found by verifying everything.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field

from billproof.audit.beside import with_owners
from billproof.audit.chain import AuditChain
from billproof.audit.days import blocks_until, last_before
from billproof.audit.findings import AuditFinding
from billproof.audit.heads import Anchor
from billproof.audit.looking_up import LookedUp, ReadObject, look_up
from billproof.audit.model import AuditBlock
from billproof.audit.naming import LANES
from billproof.audit.walking import WalkedChain, compare_anchor, missing_anchor
from billproof.model import Model
from billproof.ports import LinkableRecords
from billproof.store_keys import SEQUENCE_DIGITS, ChainName

MOST_DAYS = 62
"""Days of one verification: two months."""
MOST_BLOCKS = 10_000
"""Records whose links a step looks at, but for the rest of their day."""
MOST_BLOCKS_OF_A_DAY = 50_000
"""Records of one day of a chain that are looked at in one step; of more the day is named as not looked at."""
MOST_ENTRIES = 2_000
"""Facts and objects that a step looks up, but for the rest of the last record."""
LINKS, STORED = "links", "stored"


class ChainPlace(Model):
    """Where a step begins: after a record of a lane, with the records of a day, if that lane was begun."""

    what: Literal["links", "stored"] = "links"
    lane: Annotated[int, Field(ge=0, lt=LANES)] = 0
    after: Annotated[int | None, Field(ge=0, lt=10**SEQUENCE_DIGITS)] = None
    day: date | None = None

    @property
    def number(self) -> int:
        """How many lanes were done before it, each of them twice: its links, and what is stored."""
        return self.lane + (LANES if self.what == STORED else 0)

    def next_lane(self) -> "ChainPlace | None":
        """Return where the next lane begins; None after the last one."""
        if self.lane + 1 < LANES:
            return ChainPlace(what=self.what, lane=self.lane + 1)
        return ChainPlace(what="stored") if self.what == LINKS else None


@dataclass(frozen=True)
class DaysToVerify:
    """Days of a legal entity, and what is read to verify them; `anchor` returns that of a day, or None."""

    legal_entity: str
    first: date
    last: date
    chain: AuditChain
    facts: Mapping[str, LinkableRecords]
    read: ReadObject
    anchors: Callable[[Sequence[date]], Mapping[date, Anchor]]
    today: date

    def name(self, lane: int) -> str:
        """Name a chain of the legal entity."""
        return str(ChainName(self.legal_entity, lane))

    def begin(self, place: ChainPlace) -> int:
        """Return the sequence after which a step reads."""
        if place.after is not None:
            return place.after
        return last_before(self.chain, self.name(place.lane), self.first.isoformat())


@dataclass
class VerifiedStep:
    """What one step looked at and found, and where the next one goes on."""

    records: int = 0
    anchors: int = 0
    looked_up: LookedUp = field(default_factory=LookedUp)
    findings: list[AuditFinding] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    next: ChainPlace | None = None


def verify_step(days: DaysToVerify, place: ChainPlace) -> VerifiedStep:
    """Verify from a place on, until a limit is reached or all is done."""
    step, left, to_look_up = VerifiedStep(next=place), MOST_BLOCKS, MOST_ENTRIES
    while step.next is not None and left > 0 and to_look_up > 0:
        if step.next.what == LINKS:
            records = step.records
            step.next = _links(days, step.next, step, left)
            left -= step.records - records
        else:
            entries = step.looked_up.number
            step.next = _stored(days, step.next, step, to_look_up)
            to_look_up -= step.looked_up.number - entries + 1
    step.findings += step.looked_up.findings
    step.undecided += step.looked_up.undecided
    return step


def _links(days: DaysToVerify, place: ChainPlace, step: VerifiedStep, most: int) -> ChainPlace | None:
    """Walk along the records of a lane, in whole days, and compare each day that is over with its anchor."""
    name, first, last = days.name(place.lane), max(place.day or days.first, days.first), days.last
    after = days.begin(place)
    wanted = [first + timedelta(days=number) for number in range((days.last - first).days + 1)]
    anchors = days.anchors([day for day in wanted if day < days.today])
    heads = {day.head.sequence for anchor in anchors.values() for day in anchor.chains if day.head.chain == name}
    walked = WalkedChain(name, heads)
    number, next_place = 0, place.next_lane()
    day_before = first
    blocks = blocks_until(days.chain, walked, after=after, last_day=days.last.isoformat())
    for block in with_owners(blocks, walked, set()):
        day = date.fromisoformat(block.at[:10])
        is_whole = day > day_before
        if (number >= most and is_whole) or number >= MOST_BLOCKS_OF_A_DAY:
            last = day - timedelta(days=1)
            if is_whole:
                next_place = ChainPlace(lane=place.lane, after=block.sequence - 1, day=day)
            else:
                step.undecided.append(f"{name}: from record {block.sequence} of {day} on, there are too many")
            break
        number, day_before = number + 1, day
    step.records += number
    step.anchors += _compare(walked, anchors, (first, last), step.findings, days.today)
    step.findings += walked.findings
    return next_place


def _compare(
    walked: WalkedChain,
    anchors: Mapping[date, Anchor],
    between: tuple[date, date],
    findings: list[AuditFinding],
    today: date,
) -> int:
    """Compare the days that were walked along as a whole with their anchors; return how many were compared."""
    compared = 0
    first, last = between
    for day, anchor in anchors.items():
        if first <= day <= last:
            compare_anchor(walked, anchor)
            compared += any(one.head.chain == walked.name for one in anchor.chains)
    for text in walked.days:
        day = date.fromisoformat(text)
        if first <= day <= last and day not in anchors and day < today - timedelta(days=1):
            findings.append(missing_anchor(text, "has records; `billproof audit anchor` writes what was never written"))
    return compared


def _stored(days: DaysToVerify, place: ChainPlace, step: VerifiedStep, most: int) -> ChainPlace | None:
    """Look up what the records of a lane name, from a place on."""
    name = days.name(place.lane)
    walked = WalkedChain(name)
    taken: list[AuditBlock] = []
    number = 0
    blocks = blocks_until(days.chain, walked, after=days.begin(place), last_day=days.last.isoformat())
    next_place = place.next_lane()
    for block in blocks:
        if number >= most:
            next_place = ChainPlace(what="stored", lane=place.lane, after=taken[-1].sequence)
            break
        taken.append(block)
        number += len(block.entries)
    look_up(taken, days.chain, days.legal_entity, days.facts, days.read, step.looked_up)
    return next_place
