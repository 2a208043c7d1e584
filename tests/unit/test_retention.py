"""For how long issued documents are kept: by the law of the seller, counted by hand."""

from datetime import UTC, date, datetime

import pytest

from billproof.invoicing.retention import end_of_retention, last_day_kept, retentions, years_kept


@pytest.mark.parametrize(
    ("country", "issued", "last_day"),
    [
        ("DE", date(2026, 3, 5), date(2034, 12, 31)),  # eight years after 2026
        ("DE", date(2025, 1, 1), date(2033, 12, 31)),
        ("DE", date(2024, 12, 31), date(2034, 12, 31)),  # ten years until the law of 2024
        ("BE", date(2022, 12, 31), date(2029, 12, 31)),
        ("BE", date(2023, 1, 1), date(2033, 12, 31)),
        ("FR", date(2026, 12, 31), date(2036, 12, 31)),
        ("US", date(2013, 2, 1), date(2020, 12, 31)),
        ("AU", date(2024, 2, 29), date(2029, 12, 31)),
        ("BR", date(2026, 6, 30), date(2036, 12, 31)),  # not in the list: the longest, ten
    ],
)
def test_the_years_are_those_of_the_sellers_country_on_the_day_of_issue(
    country: str, issued: date, last_day: date
) -> None:
    assert last_day_kept(country, issued) == last_day


def test_a_lock_ends_when_the_last_day_is_over_everywhere() -> None:
    # 2034-12-31 24:00 at UTC-12, the latest place, is 2035-01-01 12:00 in UTC
    assert end_of_retention(date(2034, 12, 31)) == datetime(2035, 1, 1, 12, tzinfo=UTC)


def test_no_country_of_the_list_has_more_years_than_one_that_is_not_in_it() -> None:
    assert max(row.years for row in retentions().retentions) == retentions().otherwise == years_kept("ZZ", date.max)


def test_each_row_has_its_source_and_says_where_it_was_checked_or_that_it_was_not() -> None:
    for row in retentions().retentions:
        assert row.source
        assert row.checked == "unchecked" or row.checked.startswith("2026-11-28: ")
    rows = [(row.country, row.since) for row in retentions().retentions]
    assert rows == sorted(set(rows))
