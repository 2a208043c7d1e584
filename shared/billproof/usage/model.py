"""What the usage log, the quarantine and the aggregation write."""

import operator
from enum import StrEnum

import msgspec
from pydantic import Field

from billproof.ids import digest
from billproof.masterdata.meters import Aggregation, is_level
from billproof.model import Exact, Model
from billproof.quantities import QuantityRule
from billproof.readings import Quantity, Reading
from billproof.usage.buckets import BucketSpread, whole
from billproof.usage.levels import Closing, LevelSource
from billproof.usage.tallies import ReusedId

AFTER_ALL = "9999"
"""Sorts after the text of every instant."""


class Reason(StrEnum):
    """Why an event was not accepted. The codes are stable; each is explained in docs/usage-events.md."""

    UNPARSABLE = "unparsable_json"
    NOT_A_CLOUDEVENT = "not_a_cloudevent"
    TOO_LARGE = "event_too_large"
    TOO_MANY = "batch_too_large"
    UNKNOWN_ACCOUNT = "unknown_account"
    UNKNOWN_TYPE = "unknown_meter"
    NAIVE_TIME = "time_without_zone"
    BAD_TIME = "time_unreadable"
    FUTURE_TIME = "time_in_future"
    OLD_TIME = "time_too_old"
    MISSING_QUANTITY = "quantity_missing"
    NEGATIVE_QUANTITY = "quantity_negative"
    NON_FINITE_QUANTITY = "quantity_not_finite"
    TOO_PRECISE = "quantity_too_precise"
    QUANTITY_TOO_LARGE = "quantity_too_large"
    MALFORMED_QUANTITY = "quantity_malformed"
    BAD_CORRECTION = "correction_malformed"
    CONFLICT = "conflicting_duplicate"
    FOREIGN_SOURCE = "source_not_allowed"
    INTERNAL_ERROR = "internal_error"


class UsageEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A CloudEvent 1.0 as sources send it: subject is the account, data a flat object of properties.

    The extension attributes `corrects` and `retracts` name an earlier event of the same source, account and UTC day.
    https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
    """

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: msgspec.Raw
    data: dict[str, msgspec.Raw]
    corrects: str | None = None
    retracts: str | None = None


class SegmentRow(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """One accepted event in a segment, under the names of CloudEvents. Values are text, so that no reader rounds them.

    It is not frozen: validation sets `time` in UTC, `received_at` and `position`, and removes `specversion`.
    """

    source: str
    id: str
    type: str
    account: str = msgspec.field(name="subject")
    time: str
    data: dict[str, str]
    corrects: str | None = None
    retracts: str | None = None
    received_at: str = ""
    position: int = 0
    specversion: str = ""


CONTROL_TOTAL = "billproof.control-total"
"""The type of an event by which a source says what it sent."""


class ControlTotal(msgspec.Struct, frozen=True, kw_only=True):
    """What a source says it sent of a meter in an hour: how many events, and for a meter that sums, their sum.

    It counts each event once, corrections and retractions too. The last one received for an hour stands.
    """

    source: str
    id: str
    meter: str
    hour: str
    count: str
    sum: str | None
    received_at: str


class Quarantined(msgspec.Struct, frozen=True, kw_only=True):
    """One refused event: why, and the event itself as it came. `account` and `time` are what could be read of them."""

    reason: str
    detail: str
    account: str | None
    time: str | None
    received_at: str
    message_id: str
    position: int
    raw: str


class Ingested(Model):
    """What became of the events of one call."""

    messages: int
    received: int
    accepted: int
    control_totals: int
    quarantined: int
    internal_errors: int
    segments: int


class AskedAggregate(Model):
    """A quantity that a run needs: a meter, as it is measured, and how it is read."""

    meter: str
    event_type: str
    aggregation: Aggregation
    value_property: str | None
    price_property: str | None = None
    percentile: Exact | None = None
    where: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    rounding: QuantityRule | None = None
    reading: Reading

    @property
    def is_level(self) -> bool:
        """Whether it is of a level, which goes on from before the window."""
        return is_level(self.aggregation, self.reading)

    @property
    def level_name(self) -> str:
        """The digest of how events are read for the level: the most, the latest and the days of one level share it."""
        how = [self.event_type, self.value_property, self.where, self.reading.group_by]
        return digest(how)


class Edges(Model):
    """Instants `[start, end)` as text in UTC."""

    start: str
    end: str


class PartWindow(Edges):
    """A part of an account's window that is measured besides the whole, under its own name; without its gaps.

    It `is_prefix` where it says how much of a part was used before a day.
    """

    name: str
    gaps: tuple[Edges, ...] = ()
    is_prefix: bool = False


class AccountWindow(Model):
    """The events of an account and period that a run looks at: times from `start` to before `end`, as text in UTC.

    `before_manifest` lists the segments that the window's invoice was made from, as an earlier run saw them: the rest
    is late; empty: everything that the plan lists is in time. `after_manifest` lists what an earlier run counted;
    quantities are of it, too. Windows of runs from before there were lists have instants of receipt in their place,
    `before` and `after`; beside a list these only say when it was made.
    `metered` names the event types that the account's terms price, each with the conditions (as JSON) of which an event
    must meet one; an empty condition is met by all. `days` are the local midnights from the start to the end. `levels`
    says where the levels before it come from; null (in plans of before) is from nowhere: it begins with none.
    """

    account: str
    batch: str
    period: str
    start: str
    end: str
    after: str
    before: str
    after_manifest: str = ""
    before_manifest: str = ""
    metered: dict[str, tuple[str, ...]]
    excluded_types: tuple[str, ...]
    parts: tuple[PartWindow, ...] = ()
    days: tuple[str, ...] = ()
    levels: LevelSource | None = None


class AggregationPlan(Model):
    """What one call of aggregate_usage does: one bucket, the days that any account's period touches.

    `manifest` names the list of the segments that the run reads (manifests.py): the same plan always comes to the same
    usage; in plans of before, without one, `received_before` cuts instead. An account has a window for the run's
    period, and one for each earlier one that late usage reached. Of `stated` meters hours are counted for control
    totals. `known_ids` is where the run of the month before keeps its ids (empty: there was none), for sure if it
    `has_known_ids`; null in plans of before: an id was then one for all accounts of a bucket. `lists_refused`: the run
    has such a list, and ids. The `spread` says which older buckets are read beside it, where the log has grown.
    """

    run: str
    bucket: int
    received_before: str
    days: tuple[str, ...]
    windows: tuple[AccountWindow, ...]
    asked: tuple[AskedAggregate, ...]
    period: str
    stated: tuple[AskedAggregate, ...] = ()
    manifest: str = ""
    known_ids: str | None = None
    has_known_ids: bool = Field(default=False, exclude_if=operator.not_)
    lists_refused: bool = Field(default=False, exclude_if=operator.not_)
    spread: BucketSpread = Field(default_factory=whole, exclude_if=lambda spread: spread.is_whole)

    @property
    def reads(self) -> tuple[int, ...]:
        """The buckets that are read: its own, older ones, and those of ids in crosswalks."""
        return (self.bucket, *self.spread.older, *self.spread.others)


class EventCounts(Model):
    """Where an account's events of a period went. Copies = distinct + duplicate + conflicting; distinct = the rest.

    `late` came after their invoice's cut-off and wait for the next one. `corrected` were replaced or taken back by a
    later event; `retraction` are the events that did nothing but take back; `unmatched` name an event that is not
    there.
    """

    copies: int
    duplicate: int
    conflicting: int
    metered: int
    excluded: int
    orphan: int
    late: int
    corrected: int
    retraction: int
    unmatched: int

    @property
    def distinct(self) -> int:
        """Events, each counted once."""
        return self.copies - self.duplicate - self.conflicting

    @classmethod
    def zero(cls) -> "EventCounts":
        """Return no events."""
        return cls(**dict.fromkeys(cls.model_fields, 0))

    def __add__(self, other: "EventCounts") -> "EventCounts":
        return EventCounts(**{name: getattr(self, name) + getattr(other, name) for name in EventCounts.model_fields})


class AccountUsage(Model):
    """What aggregation found in one window; `out_of_range` names the meters whose total no decimal here can hold.

    `prefixes` are the parts that were measured to say how much was used before a day. `closing` are the levels that the
    next window begins with, as far as they are known. `reused` counts its events whose id is on another day, too, and
    `reused_ids` names the first of them. `unreadable` are the objects that it lacks. `unread_values` counts, by meter,
    the events that are not measured, since ingestion would refuse their values today.
    """

    account: str
    period: str
    out_of_range: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    counts: EventCounts
    metered_types: dict[str, int]
    orphan_types: dict[str, int]
    quantities: tuple[Quantity, ...]
    closing: tuple[Closing, ...] = ()
    reused: int = Field(default=0, exclude_if=operator.not_)
    reused_ids: tuple[ReusedId, ...] = Field(default=(), exclude_if=operator.not_)
    unreadable: tuple[str, ...] = Field(default=(), exclude_if=operator.not_)
    unread_values: dict[str, int] = Field(default_factory=dict, exclude_if=operator.not_)


class BatchUsage(Model):
    """What aggregation found in one bucket for the accounts of one batch."""

    run: str
    batch: str
    bucket: int
    accounts: tuple[AccountUsage, ...]
