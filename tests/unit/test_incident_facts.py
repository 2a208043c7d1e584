"""What an exception says by itself that others may share, of every kind of exception."""

from typing import Annotated

import pytest
from pydantic import TypeAdapter

from billproof.approvals.incident_id import IncidentId, SharedKind
from billproof.approvals.model import RUN_SUBJECT, ExceptionRecord, Kind
from billproof.findings import MORE, Finding, Owner, Severity, VarianceCategory
from billproof.insights.incidents.facts import (
    MOST_FACTS,
    MOST_OF_A_NAME,
    bounded_facts,
    facts_of_contracts,
    facts_of_record,
)
from billproof.insights.incidents.grouping import Fact
from billproof.names import BOUNDED, ONE_LINE
from billproof.periods import Period
from tests.support.contracts import contract

BLOCKING, WARNING = Severity.BLOCKING, Severity.WARNING


def finding(code: str, path: str = "invoice/net", severity: Severity = BLOCKING) -> Finding:
    return Finding(code=code, severity=severity, account="A", path=path, message="m", remedy="r", owner=Owner.BILLING)


def record(kind: Kind, *findings: Finding) -> ExceptionRecord:
    return ExceptionRecord(
        id="e.2013-02.A.001",
        kind=kind,
        legal_entity="e",
        period="2013-02",
        subject=RUN_SUBJECT if kind is Kind.RUN else "A",
        run="e-2013-02-001",
        batch=None,
        requested_by="schedule",
        amount=None,
        findings=findings,
        can_approve=True,
        opened_at="2013-03-01T00:00:00.000000Z",
    )


def said(kind: Kind, *findings: Finding) -> set[tuple[str, str, str]]:
    return {(fact.kind.value, fact.thing, fact.what) for fact in facts_of_record(record(kind, *findings), erp="tryton")}


def test_an_invoice_says_which_controls_hold_it_and_of_which_meters_something_is_told() -> None:
    findings = finding("invoice_over_limit"), finding("usage_changed", "usage/api_calls", WARNING), finding(MORE)
    assert said(Kind.INVOICE, *findings) == {
        ("rule", "invoice_over_limit", "invoice"),
        ("meter", "api_calls", "usage_changed"),
    }
    late = finding("meter_changed", "usage/2013-01/api_calls")
    assert ("meter", "api_calls", "meter_changed") in said(Kind.INVOICE, late)


def test_where_nothing_holds_it_every_finding_is_a_rule() -> None:
    assert said(Kind.CREDIT_NOTE, finding("credit_requested", severity=WARNING)) == {
        ("rule", "credit_requested", "credit_note")
    }


@pytest.mark.parametrize(
    ("code", "path", "source"),
    [
        ("control_total_gap", "eu/gateway/api_calls", "eu/gateway"),
        ("usage_repeated", "eu/gateway/api.called", "eu/gateway"),
        ("source_silent", "eu/gateway", "eu/gateway"),
        ("control_totals_missing", "eu/gateway", "eu/gateway"),
    ],
)
def test_a_held_run_says_which_source_it_waits_for(code: str, path: str, source: str) -> None:
    assert ("source", source, code) in said(Kind.RUN, finding(code, path))


@pytest.mark.parametrize(
    ("category", "counterpart"),
    [
        (VarianceCategory.NOT_POSTED, "tryton"),
        (VarianceCategory.MISSING_IN_ERP, "tryton"),
        (VarianceCategory.UNAPPLIED, "bank"),
        (VarianceCategory.FEE, "gateway"),
        (VarianceCategory.NOT_DELIVERED, "delivery"),
    ],
)
def test_a_variance_says_which_counterpart_it_is_about(category: VarianceCategory, counterpart: str) -> None:
    code = f"variance_{category}"
    assert said(Kind.VARIANCE, finding(code, "v-1")) == {
        ("integration", counterpart, code),
        ("rule", code, "variance"),
    }


@pytest.mark.parametrize("category", [VarianceCategory.SHORT_PAID, VarianceCategory.ROUNDING])
def test_what_a_customer_pays_is_no_fault_of_a_counterpart(category: VarianceCategory) -> None:
    assert said(Kind.VARIANCE, finding(f"variance_{category}", "v-1")) == {("rule", f"variance_{category}", "variance")}


def test_an_order_says_which_crm_it_is_of() -> None:
    assert ("integration", "salesforce", "contract_drift") in said(
        Kind.CONTRACT, finding("contract_drift", "salesforce:0061")
    )


def test_only_versions_that_begin_to_govern_within_the_month_are_changes() -> None:
    versions = [
        contract(1, "2013-02-01"),
        contract(2, "2013-01-31"),
        contract(3, "2013-02-01", signed_by="import"),
        contract(4, "2013-03-01"),
    ]
    assert list(facts_of_contracts(versions, Period.month("2013-02"))) == [
        Fact(SharedKind.CONTRACT, "import", "2013-02-01")
    ]


def test_of_too_many_facts_those_of_the_closest_kinds_are_kept() -> None:
    meters = [Fact(SharedKind.METER, f"m{number:02d}", "usage_changed") for number in range(MOST_FACTS)]
    source = Fact(SharedKind.SOURCE, "z", "usage_cut")
    assert bounded_facts([*meters, source]) == (source, *meters[: MOST_FACTS - 1])


@pytest.mark.parametrize("source", ["a\nb", "\x1b[2J", "a\u2028b", "x" * MOST_OF_A_NAME, ""])
def test_what_no_decision_could_name_is_no_fact_and_the_rule_is_left(source: str) -> None:
    rule = Fact(SharedKind.RULE, "usage_changed", "invoice")
    assert bounded_facts([Fact(SharedKind.SOURCE, source, "usage_repeated"), rule]) == (rule,)


def test_the_longest_fact_has_an_id_that_a_decision_takes() -> None:
    fact = Fact(SharedKind.SOURCE, "/" * (MOST_OF_A_NAME - len("usage_repeated")), "usage_repeated")
    assert bounded_facts([fact]) == (fact,)
    incident = IncidentId("e" * 64, "2013-02", fact.kind, fact.thing, fact.what)
    assert TypeAdapter(Annotated[str, BOUNDED, ONE_LINE]).validate_python(str(incident)) == str(incident)
