"""For how long an issued document is kept: by the law of its seller, as dated data with sources.

issued          the year is over          so many years          the last of them is over everywhere on earth
2026-03-05      2026-12-31                8 (Germany)            2035-01-01T12:00Z: 2034-12-31 was its last day

All are counted from the end of the calendar year of issue. A country that is not in the list has the longest: a lock
that is too short lets a document go that the law asks for.
"""

from datetime import UTC, date, datetime
from functools import cache
from importlib import resources

from pydantic import Field

from billproof.model import Model

DAY_ENDS_EVERYWHERE = 12
"""The hour of the next day, in UTC, at which a day is over also where it is latest, at UTC-12."""


class Retention(Model):
    """For how many years the documents of sellers of a country are kept, of those issued from a day on."""

    country: str
    since: date = Field(alias="from")
    years: int = Field(gt=0)
    source: str
    checked: str
    """Where its figure was compared with another text and when, or `unchecked`."""


class Retentions(Model):
    """The file of retentions; `otherwise` are the years of countries that are not in it."""

    version: str
    review: str
    otherwise: int = Field(gt=0)
    retentions: tuple[Retention, ...]


@cache
def retentions() -> Retentions:
    """Read the retentions."""
    file = resources.files("billproof.invoicing").joinpath("retentions.json")
    return Retentions.model_validate_json(file.read_bytes())


def years_kept(country: str, issued: date) -> int:
    """Return for how many years after that of its issue a document of a seller is kept."""
    known = retentions()
    rows = [row for row in known.retentions if row.country == country and row.since <= issued]
    return max(rows, key=lambda row: row.since).years if rows else known.otherwise


def last_day_kept(country: str, issued: date) -> date:
    """Return the last day on which a document of a seller has to be there."""
    return date(issued.year + years_kept(country, issued), 12, 31)


def end_of_retention(last_day: date) -> datetime:
    """Return the moment at which the last day is over everywhere."""
    return datetime(last_day.year + 1, 1, 1, DAY_ENDS_EVERYWHERE, tzinfo=UTC)
