"""Certificates that end later than certificates of their jurisdiction do, by hand."""

import pytest

from billproof.approvals.policy import Thresholds
from billproof.masterdata.certificate_lives import LIVES, too_long
from billproof.masterdata.parties import Exemption


def certificate(jurisdiction: str, start: str, end: str | None) -> Exemption:
    days = {"start": start, "end": end}
    fields = {"jurisdiction": jurisdiction, "certificate": "C-1", "reason": "school", "effective": days}
    return Exemption.model_validate(fields)


@pytest.mark.parametrize(
    ("jurisdiction", "end", "is_too_long"),
    [
        ("US-NY", "2030-01-01", False),
        ("US-NY", "2030-01-02", True),
        ("US-NY", None, False),
        ("US-CT", "2028-01-01", False),
        ("US-CT", "2028-01-02", True),
        ("US-CT", None, True),
        ("US-MI", "2029-01-02", True),
        ("DE", "2099-01-01", True),
    ],
)
def test_a_certificate_of_2025_may_end_after_the_usual_years(
    jurisdiction: str, end: str | None, *, is_too_long: bool
) -> None:
    """Connecticut: 3 years; Michigan: 4; any other: 5, as the policy says."""
    assert bool(too_long(certificate(jurisdiction, "2025-01-01", end), usual_years=5)) is is_too_long


def test_the_policy_says_how_many_years_are_usual_where_nothing_is_known() -> None:
    seven = certificate("US-NY", "2025-01-01", "2032-01-01")
    assert too_long(seven, usual_years=7) is None
    assert too_long(seven, usual_years=6) == (
        "certificate C-1 of US-NY begins on 2025-01-01 and ends on 2032-01-01: 6 years as the policy says"
    )


def test_a_certificate_of_29_february_ends_by_1_march() -> None:
    assert too_long(certificate("US-NY", "2024-02-29", "2029-03-01"), usual_years=5) is None
    assert too_long(certificate("US-NY", "2024-02-29", "2029-03-02"), usual_years=5) is not None


def test_each_life_names_its_source() -> None:
    assert all(life.source and 1 <= life.years <= 5 for life in LIVES.values())


def test_a_policy_that_says_nothing_keeps_its_bytes() -> None:
    assert Thresholds().certificate_years == 5
    assert "certificate_years" not in Thresholds().model_dump(mode="json")
    assert Thresholds(certificate_years=7).model_dump(mode="json")["certificate_years"] == 7
