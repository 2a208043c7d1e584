"""Exemption certificates that end far too late are told of when they are published, and when they free something."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from billproof.findings import Severity
from billproof.masterdata.parties import Account
from billproof_ops import publishing
from billproof_ops.master_files import Written
from billproof_ops.target import Target
from tests.support.controls import findings
from tests.support.world import EUROPE, World


def exempted(world: World, **changes: Any) -> Account:
    """A version of a German customer with a certificate of twenty years."""
    account = world.directory.account("US")
    assert account is not None
    certificate = {
        "jurisdiction": "DE",
        "certificate": "C-1",
        "reason": "NATO forces",
        "effective": {"start": "2013-01-01", "end": "2033-01-01"},
    }
    return Account.model_validate(
        account.model_dump(mode="json") | {"version": 2, "exemptions": [certificate | changes]}
    )


@pytest.mark.parametrize(
    ("changes", "is_told"),
    [
        ({}, True),
        ({"effective": {"start": "2013-01-01", "end": "2018-01-01"}}, False),
        ({"effective": {"start": "2012-01-01", "end": "2013-01-01"}}, False),
        ({"effective": {"start": "2000-01-01", "end": "2013-01-01"}}, False),
        ({"jurisdiction": "FR"}, False),
    ],
    ids=["far too late", "five years", "over before", "long, and over before", "elsewhere"],
)
def test_a_certificate_that_frees_what_is_billed_and_ends_far_too_late_is_told_of(
    changes: dict[str, Any], *, is_told: bool
) -> None:
    world = World()
    world.publish(exempted(world, **changes))
    finding = findings(world.bill(EUROPE), "US").get("certificate_too_long")
    assert (finding is not None) is is_told
    if finding is not None:
        assert finding.severity is Severity.WARNING
        assert "ends on 2033-01-01: 5 years as the policy says" in finding.message


@pytest.mark.parametrize(("end", "warnings"), [("2033-01-01", 1), ("2018-01-01", 0)])
def test_who_publishes_a_certificate_that_ends_far_too_late_is_warned_and_not_refused(end: str, warnings: int) -> None:
    world = World()
    sources = SimpleNamespace(contracts=world.records["contracts"])
    ports = SimpleNamespace(preview_sources=lambda: sources, policies=world.directory.policies)
    account = exempted(world, effective={"start": "2013-01-01", "end": end})
    target = cast("Target", SimpleNamespace(ports=ports))
    (planned,) = publishing.plan(target, [Written(place="accounts.yaml", data=account)]).planned
    assert (planned.novelty, len(planned.warnings)) == (publishing.Novelty.CHANGED, warnings)
