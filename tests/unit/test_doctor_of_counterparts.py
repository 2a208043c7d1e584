"""What `billproof doctor` says of the ERPs, tax engines, gateways and CRMs that are set up."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from billproof.errors import ExternalServiceUnavailable, PostingRejected
from billproof_ops.doctor import CHECKS, Checked, Health
from tests.support.breakers import MemoryBreakers

NOON = datetime(2013, 2, 1, 12, tzinfo=UTC)


def fine() -> None: ...


def down() -> None:
    raise ExternalServiceUnavailable("SAP answered with status 503", service="sap")


def not_allowed() -> None:
    raise PostingRejected("SAP does not let the user do this", remedy="give it the right")


def looked_at(outputs: dict[str, str] | None = None, **probes: Any) -> list[Checked]:
    breakers = MemoryBreakers()
    breakers.trip("tryton", at=NOON, retry_after=0)
    ports = SimpleNamespace(probes=probes, breakers=breakers)
    target: Any = SimpleNamespace(ports=ports, outputs=outputs or {})
    return list(CHECKS["counterparts"](target))


def test_each_counterpart_is_asked_and_an_open_breaker_is_named() -> None:
    sap, crm, tryton = looked_at(sap=fine, salesforce=down, tryton=fine)
    assert (sap.what, sap.health, sap.said) == ("sap", Health.GOOD, "answers")
    assert (crm.what, crm.health) == ("salesforce", Health.BAD)
    assert "status 503" in crm.said
    assert "breakers-open.md" in crm.remedy
    assert (tryton.what, tryton.health) == ("tryton", Health.DOUBTFUL)
    assert tryton.said == f"answers; its breaker is open since {NOON}"


def test_one_that_refuses_is_said_and_stops_no_other_one() -> None:
    first, second = looked_at(sap=not_allowed, hubspot=fine)
    assert (first.health, second.health) == (Health.BAD, Health.GOOD)


LOCAL = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:billproof-local"
OWN = "arn:aws:secretsmanager:eu-central-1:111111111111:secret"


@pytest.mark.parametrize(
    ("name", "parameter", "arn", "health"),
    [
        ("stripe", "StripePaymentsSecretArn", f"{LOCAL}-stripe-payments-a1b2c3", Health.GOOD),
        ("stripe", "StripePaymentsSecretArn", f"{OWN}:stripe", Health.BAD),
        ("salesforce", "SalesforceSecretArn", f"{LOCAL}-salesforce-a1b2c3", Health.GOOD),
        ("salesforce", "SalesforceSecretArn", f"{OWN}:salesforce", Health.BAD),
    ],
)
def test_a_counterpart_that_only_the_demo_plays_is_no_trouble(
    name: str, parameter: str, arn: str, health: Health
) -> None:
    (checked,) = looked_at({parameter: arn}, **{name: down})
    assert checked.health is health
