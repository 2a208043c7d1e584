"""The estimate of a company's month: units that were measured, times how much it has, times the prices.

part             grows with                                          is billed with
ingestion        calls, buckets that a call writes to, events        usage
compaction       compactions of a bucket and day, events             usage
run              runs, buckets, batches, accounts, lines, events     invoices; its events with usage
posting          invoices, lines                                     invoices
delivery         invoices, lines; mails where they are sent          invoices
reconciliation   its passes over the invoices, lines                 checks
day              the anchors of the audit chain                      checks
hour             the hourly schedules, by buckets                    standing
minute           the calls that look for events to tell              standing
events           invoices: what is told of them on the bus           invoices
webhook          invoices, for each endpoint that wants all events   invoices
metrics          invoices: what is read of them, once                invoices
look             the calls that follow the audit chain               standing
measure          unbilled usage: accounts, buckets, events           standing
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from importlib import resources

from pydantic import Field

from billproof.model import Model
from billproof_ops.costs.prices import DAYS_A_MONTH, Kept, Price, Prices, cost_of

HOURS_A_MONTH = DAYS_A_MONTH * 24
MINUTES_A_MONTH = HOURS_A_MONTH * 60
PASSES_A_MONTH = DAYS_A_MONTH * 2
"""Reconciliation compares two months every day."""
SEGMENTS_OF_A_COMPACTION = 20
"""Segments that a day under way has before it is compacted; then again once it has twice as many."""
KEYS_OF_A_LISTING = 1000
LISTED_MONTHS = 3
"""An hourly round of compaction lists the segments of three months."""
MAIL_OVERHEAD = Decimal(4) / 3
"""Base64 makes three bytes of an attachment four."""
ALARMS, DASHBOARDS, METRICS = 55, 1, 24
"""What the template has of them, and how many metrics the functions write; a test counts them."""
SUMMED = 8
"""Metrics that alarms on sums watch beyond their first: each is billed as an alarm."""


LOOKS_A_MONTH = MINUTES_A_MONTH / 4
MOST_MEASURED = 2_000
"""Unbilled usage is measured of a legal entity with at most so many accounts; a test compares it."""


class Company(Model):
    """What a company has in a month, and how it deploys billproof."""

    events: int = Field(ge=0)
    accounts: int = Field(ge=1)
    invoices: int = Field(ge=0)
    lines: int = Field(default=4, ge=1)
    days: int = Field(default=400, ge=1)
    """How long data is kept."""
    log_days: int = Field(default=90, ge=1)
    legal_entities: int = Field(default=1, ge=1)
    events_a_call: int = Field(default=5_000, ge=1)
    """Events that one call of ingestion takes: those of a message, times messages that come together."""
    buckets: int = Field(default=16, ge=1)
    batch_size: int = Field(default=100, ge=1)
    scans: int = Field(default=1, ge=0)
    """How often analysts scan the month's compacted events with Athena."""
    webhooks: int = Field(default=0, ge=0)
    """Endpoints that want every event."""
    sends_mail: bool = False
    unbilled_minutes: int = Field(default=60, ge=0)
    """How often what is not billed yet is measured; 0 for never."""


class CostShare(StrEnum):
    """For what a dollar is spent."""

    USAGE = "usage"
    INVOICES = "invoices"
    CHECKS = "checks"
    STANDING = "standing"


class Measured(Model):
    """Units of each part of a month, by what they grow with, as `make bench` measured them."""

    as_of: str
    machine: str
    how: str
    parts: dict[str, dict[str, dict[str, float]]]

    @classmethod
    def read(cls) -> "Measured":
        """Read what comes with billproof."""
        return cls.model_validate_json(resources.files(__package__).joinpath("measured.json").read_text())


class Estimate(Model):
    """Dollars of a month by what they are billed for and what they are spent for."""

    company: Company
    rows: dict[str, dict[CostShare, Decimal]]
    """By service and what it bills."""

    @property
    def total(self) -> Decimal:
        """Return the month's dollars."""
        return sum((self.of(share) for share in CostShare), Decimal(0))

    def of(self, share: CostShare) -> Decimal:
        """Return the dollars that are spent for something."""
        return sum((row.get(share, Decimal(0)) for row in self.rows.values()), Decimal(0))

    @property
    def of_a_million_events(self) -> Decimal | None:
        """Return the dollars of a million events; None where there are none."""
        return self.of(CostShare.USAGE) / self.company.events * 1_000_000 if self.company.events else None

    @property
    def of_a_thousand_invoices(self) -> Decimal | None:
        """Return the dollars of a thousand invoices with their checks; None where there are none."""
        both = self.of(CostShare.INVOICES) + self.of(CostShare.CHECKS)
        return both / self.company.invoices * 1_000 if self.company.invoices else None


type Units = dict[str, Decimal]


def estimate(company: Company, *, prices: Prices, measured: Measured) -> Estimate:
    """Estimate a month of a company that had as many before: what is kept is billed for all that is kept by then."""
    rows: defaultdict[str, dict[CostShare, Decimal]] = defaultdict(dict)
    days = {Kept.DATA: company.days, Kept.LOGS: company.log_days}
    for share, units in _units(company, measured).items():
        for price, dollars in cost_of(units, prices, days=days).items():
            row = rows[_name(price)]
            row[share] = row.get(share, Decimal(0)) + dollars
    return Estimate(company=company, rows=dict(rows))


def _name(price: Price) -> str:
    return f"{price.service}: {price.what}"


def _units(company: Company, measured: Measured) -> dict[CostShare, Units]:
    units: dict[CostShare, Units] = {share: {} for share in CostShare}
    for part, share, multiples in _multiples(company):
        for thing, times in multiples.items():
            _add(units[share], measured.parts.get(part, {}).get(thing, {}), times)
    scanned = units[CostShare.USAGE]
    parquet = measured.parts["compaction"].get("event", {}).get("s3 byte", 0.0)
    scanned["athena byte"] = _exact(parquet) * company.events * company.scans
    if company.sends_mail:
        pdf = _exact(measured.parts["delivery"]["invoice"]["s3 byte"])
        units[CostShare.INVOICES] |= {
            "mail": Decimal(company.invoices),
            "mail byte": pdf * MAIL_OVERHEAD * company.invoices,
        }
    units[CostShare.STANDING] |= {
        "alarm month": Decimal(ALARMS + SUMMED),
        "dashboard month": Decimal(DASHBOARDS),
        "metric month": Decimal(METRICS),
    }
    _add(units[CostShare.STANDING], {"s3 put or list": 1.0}, _more_listings(company))
    return units


def _multiples(company: Company) -> Iterator[tuple[str, CostShare, dict[str, Decimal]]]:
    calls = math.ceil(company.events / company.events_a_call)
    entities, invoices = company.legal_entities, company.invoices
    lines = invoices * company.lines
    batches = math.ceil(company.accounts / company.batch_size)
    passes = PASSES_A_MONTH
    of_usage = {"call": calls, "bucket": calls * (company.buckets - 1), "event": company.events}
    compacted = {"bucket": _compactions(company), "event": 2 * company.events}
    of_run = {"base": entities, "bucket": entities * company.buckets, "batch": batches, "line": lines}
    yield "ingestion", CostShare.USAGE, _decimals(of_usage)
    yield "compaction", CostShare.USAGE, _decimals(compacted)
    yield "run", CostShare.USAGE, _decimals({"event": company.events})
    yield "run", CostShare.INVOICES, _decimals(of_run | {"invoice": company.accounts})
    yield "posting", CostShare.INVOICES, _decimals({"invoice": invoices, "line": lines})
    yield "delivery", CostShare.INVOICES, _decimals({"invoice": invoices, "line": lines})
    yield "reconciliation", CostShare.CHECKS, {"base": passes, "invoice": passes * invoices, "line": passes * lines}
    yield "day", CostShare.CHECKS, {"base": DAYS_A_MONTH, "invoice": Decimal(invoices)}
    yield "events", CostShare.INVOICES, {"invoice": Decimal(invoices)}
    yield "webhook", CostShare.INVOICES, {"invoice": Decimal(invoices * company.webhooks)}
    yield "metrics", CostShare.INVOICES, {"base": Decimal(entities), "invoice": Decimal(invoices)}
    yield "look", CostShare.STANDING, {"base": LOOKS_A_MONTH * entities}
    yield "measure", CostShare.STANDING, _measured(company)
    yield "minute", CostShare.STANDING, {"base": MINUTES_A_MONTH}
    yield "hour", CostShare.STANDING, {"base": HOURS_A_MONTH, "bucket": HOURS_A_MONTH * company.buckets}


def _measured(company: Company) -> dict[str, Decimal]:
    """Return what measuring unbilled usage grows with: on average half of the month's days and events are there."""
    if not company.unbilled_minutes or company.accounts > MOST_MEASURED * company.legal_entities:
        return {}
    times, entities = MINUTES_A_MONTH / company.unbilled_minutes, company.legal_entities
    return {
        "base": times * entities,
        "account": times * company.accounts,
        "bucket": times * entities * company.buckets,
        "bucket day": times * entities * company.buckets * DAYS_A_MONTH / 2,
        "event": times * company.events / 2,
    }


def _compactions(company: Company) -> int:
    """Return how often some bucket and day is compacted: once it is over, and before, with each doubling."""
    bucket_days = company.buckets * math.ceil(DAYS_A_MONTH) if company.events else 0
    segments = company.events / company.events_a_call / float(DAYS_A_MONTH)
    doublings = max(math.floor(math.log2(max(segments, 1) / SEGMENTS_OF_A_COMPACTION)) + 1, 0)
    return bucket_days * (1 + doublings)


def _more_listings(company: Company) -> Decimal:
    """Return the pages after the first that hourly rounds list of a bucket's segments."""
    pages = math.ceil(company.events / company.events_a_call) // KEYS_OF_A_LISTING
    return HOURS_A_MONTH * company.buckets * LISTED_MONTHS * pages


def _add(units: Units, more: Mapping[str, float], times: Decimal) -> None:
    for unit, number in more.items():
        units[unit] = units.get(unit, Decimal(0)) + _exact(number) * times


def _exact(number: float) -> Decimal:
    return Decimal(str(number))


def _decimals(numbers: Mapping[str, int]) -> dict[str, Decimal]:
    return {name: Decimal(number) for name, number in numbers.items()}
