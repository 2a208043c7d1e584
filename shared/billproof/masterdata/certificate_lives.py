"""How long exemption certificates hold at most, as authorities or statutes say: one with a later end is a mistake.

Nobody refuses one: whoever enters it is told, and each run that bills by it tells of it. The rows are **not reviewed**,
and the statutes were not looked up: whoever answers for tax must review them.
"""

from datetime import date
from typing import NamedTuple

from billproof.masterdata.parties import Exemption


class CertificateLife(NamedTuple):
    """The most years that a certificate of a jurisdiction holds, and who says so."""

    years: int
    source: str


LIVES = {
    "US-CT": CertificateLife(3, "blanket certificates, Conn. Agencies Regs. 12-426-1"),
    "US-FL": CertificateLife(5, "consumer's certificates of exemption, Fla. Stat. 212.084"),
    "US-IL": CertificateLife(5, "exemption numbers, Illinois Department of Revenue"),
    "US-MD": CertificateLife(5, "exemption certificates, Comptroller of Maryland"),
    "US-MI": CertificateLife(4, "blanket claims of exemption, MCL 205.62"),
    "US-WA": CertificateLife(4, "reseller permits, RCW 82.32.780"),
}
"""By jurisdiction. Of any other the policy says how many years are usual."""


def too_long(exemption: Exemption, *, usual_years: int) -> str | None:
    """Say why a certificate ends too late; None where it does not.

    One without an end is told of only where its jurisdiction is known to end them.
    """
    life, start, end = LIVES.get(exemption.jurisdiction), exemption.effective.start, exemption.effective.end
    latest = _years_later(start, life.years if life else usual_years)
    if (end is None and life is None) or (end is not None and end <= latest):
        return None
    ends = f"ends on {end}" if end else "has no end"
    usual = f"{life.years} years at most ({life.source})" if life else f"{usual_years} years as the policy says"
    return f"certificate {exemption.certificate} of {exemption.jurisdiction} begins on {start} and {ends}: {usual}"


def _years_later(day: date, years: int) -> date:
    """Return the same day some years later; of 29 February 1 March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
