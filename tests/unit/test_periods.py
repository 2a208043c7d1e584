from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from pydantic import ValidationError

from billproof.errors import InvalidPeriod
from billproof.model import read_day
from billproof.periods import DateRange, Period, instant_text, read_instant, zone
from billproof.proration import Proration


def test_a_month_is_half_open() -> None:
    january = Period.month("2013-01")
    assert (january.start, january.end, january.days) == (date(2013, 1, 1), date(2013, 2, 1), 31)
    assert january.next() == Period.month("2013-02")
    assert Period.month("2013-12").next() == Period.month("2014-01")
    assert Period.month("2012-02").days == 29
    assert january.name == "2013-01"


@pytest.mark.parametrize(
    "text", ["2013", "2013-13", "2013-1", "January", "2013-01-01", "", "2013-01\n", "0000-01", "9999-12"]
)
def test_anything_else_is_not_a_month(text: str) -> None:
    with pytest.raises(InvalidPeriod, match="calendar month"):
        Period.month(text)


def test_a_period_without_a_day_cannot_be_made() -> None:
    with pytest.raises(ValidationError, match="holds no day"):
        Period(start=date(2013, 1, 1), end=date(2013, 1, 1))
    with pytest.raises(ValidationError, match="holds no day"):
        DateRange(start=date(2013, 1, 2), end=date(2013, 1, 2))


def test_a_month_begins_and_ends_at_local_midnight() -> None:
    start, end = Period.month("2013-01").instants("America/New_York")
    assert (start, end) == (datetime(2013, 1, 1, 5, tzinfo=UTC), datetime(2013, 2, 1, 5, tzinfo=UTC))


def test_the_months_of_daylight_saving_changes_are_an_hour_shorter_and_longer() -> None:
    start, end = Period.month("2013-03").instants("America/New_York")
    assert (end - start).total_seconds() == 31 * 86_400 - 3_600
    start, end = Period.month("2013-11").instants("America/New_York")
    assert (end - start).total_seconds() == 30 * 86_400 + 3_600


def test_the_month_before_is_by_local_time() -> None:
    moment = datetime(2013, 2, 1, 4, 59, tzinfo=UTC)
    assert Period.month_before(moment, "America/New_York").name == "2012-12"
    assert Period.month_before(moment, "Europe/Berlin").name == "2013-01"


def test_ranges_count_the_days_they_share_with_a_period() -> None:
    january = Period.month("2013-01")
    assert DateRange(start=date(2013, 1, 1), end=date(2013, 1, 16)).days_within(january) == 15
    assert DateRange(start=date(2012, 5, 1)).days_within(january) == 31
    assert DateRange(start=date(2013, 2, 1)).days_within(january) == 0
    assert date(2013, 1, 15) in DateRange(start=date(2013, 1, 1), end=date(2013, 1, 16))
    assert date(2013, 1, 16) not in DateRange(start=date(2013, 1, 1), end=date(2013, 1, 16))


def test_proration_of_a_whole_period_is_the_whole() -> None:
    whole = Proration.of(DateRange(start=date(2013, 1, 1)), Period.month("2013-01"))
    assert whole.is_whole
    assert whole.share(Decimal("0.1")) == Decimal("0.1")


def test_an_unknown_zone_is_an_error() -> None:
    with pytest.raises(InvalidPeriod, match="IANA"):
        zone("Mars/Olympus")


def test_an_instant_is_written_in_utc_and_needs_a_zone() -> None:
    moment = datetime.fromisoformat("2013-01-31T23:59:00-05:00")
    assert instant_text(moment) == "2013-02-01T04:59:00.000000Z"
    with pytest.raises(InvalidPeriod, match="no time zone"):
        instant_text(datetime(2013, 1, 1))  # noqa: DTZ001 - that is what is tested


@pytest.mark.parametrize("name", ["0002-01", "0300-12", "2013-01", "9998-12"])
def test_a_month_has_the_name_that_it_is_read_from_in_any_year(name: str) -> None:
    assert Period.month(name).name == name


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("2013-01-05T12:00:00-05:00", datetime(2013, 1, 5, 17, tzinfo=UTC)),
        ("2013-01-05t12:00:00.123456789z", datetime(2013, 1, 5, 12, microsecond=123456, tzinfo=UTC)),
    ],
)
def test_an_instant_of_rfc_3339_is_read(text: str, known: datetime) -> None:
    assert read_instant(text) == known


@pytest.mark.parametrize(
    "text",
    [
        *("", "2013-01-05", "2013-01-05T12:00:00", "2013-01-05T12:00Z", "20130105T120000Z", "2013-W01-6T12:00:00Z"),
        *("2013-01-05T12:00:00+05:60", "2013-01-05T12:00:00+24:00", "2013-01-05T12:00:00Z\n", "1356998400"),
        *("2013-02-30T12:00:00Z", "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "2013-01-05T24:00:00Z"),
    ],
)
def test_what_only_looks_like_an_instant_is_refused(text: str) -> None:
    with pytest.raises(InvalidPeriod):
        read_instant(text)


def test_a_day_is_read_as_people_write_it() -> None:
    assert read_day("2013-01-31") == date(2013, 1, 31)
    for text in ("20130131", "2013-W05-4", "2013-1-31", "2013-01-31T00:00:00", "2013-02-30", "", "2013-01-31\n"):
        with pytest.raises(ValueError, match=r"day|range"):
            read_day(text)
