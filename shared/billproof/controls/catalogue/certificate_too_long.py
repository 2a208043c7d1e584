"""Exemption certificates that end far too late."""

from collections.abc import Iterator

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity
from billproof.masterdata.certificate_lives import too_long
from billproof.masterdata.parties import Account, Exemption


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find exemption certificates that free what is billed and end later than certificates of their jurisdiction do.

    Where that is not known, they are expected to end within the policy's `certificate_years` (5) of their beginning.
    """
    billed = {line.account for line in facts.lines if not line.net.is_zero}
    years = facts.plan.policy.thresholds.certificate_years
    for account in facts.terms.members:
        for exemption in account.exemptions if account.id in billed else ():
            why = too_long(exemption, usual_years=years)
            if why and exemption.effective.days_within(facts.plan.period) and _is_at(account, exemption):
                yield Observation(f"account/{account.id}/exemptions/{exemption.jurisdiction}", why)


def _is_at(account: Account, exemption: Exemption) -> bool:
    """Say whether an account is where a certificate frees from tax."""
    country, state = account.address.country, f"{account.address.country}-{account.address.region}"
    return exemption.jurisdiction in {country, state} or exemption.jurisdiction.startswith(f"{state}-")


CONTROL = Control(
    code="certificate_too_long",
    severity=Severity.WARNING,
    owner=Owner.TAX,
    remedy="compare the certificate, and publish a new version of the account with its end",
    check=_check,
)
