"""What the command does at the end of a month: reconcile it, close it, ask for it to be reopened."""

import io
from collections.abc import Iterable
from typing import Any

from rich.table import Table

from billproof.approvals.variances import amount_of, in_order, variances_of
from billproof.errors import NotFound
from billproof.model import Model
from billproof.periods import Period, cut_off
from billproof.pipeline.month_facts import SignOff, signed_off
from billproof.pipeline.starting import RUNNING
from billproof.reconciliation.model import Reconciliation, Variance
from billproof.reconciliation.sums import report_key
from billproof.sheets import Sheet
from billproof_ops import api, tables
from billproof_ops.errors import OpsError
from billproof_ops.target import Target
from billproof_ops.waiting import until

RECONCILE_SECONDS = 7_200
COLUMNS = (
    *("id", "period", "category", "cause", "billing_account", "invoice", "reference", "ledger_account"),
    *("amount", "currency", "since", "age_days", "owner", "remedy"),
)


class ClosedMonth(SignOff):
    """A month that is signed off; where it is to be reopened, the exception that another person decides."""

    reopening: str = ""


class Variances(Model):
    """Every variance of a month, by owner and age."""

    legal_entity: str
    period: str
    reconciled_at: str
    variances: tuple[Variance, ...]


def start_reconciling(target: Target, legal_entity: str, period: str) -> str:
    """Start the reconciliation of a month and return the execution's name."""
    name = f"{legal_entity}-{period}-{target.ports.now():%Y%m%dT%H%M%S%f}"
    target.machine("ReconciliationArn").start(name=name, document={"legal_entity": legal_entity, "period": period})
    return name


def reconciled(target: Target, name: str, legal_entity: str, period: str) -> Reconciliation:
    """Wait for a reconciliation and return its report; raises OpsError where it did not succeed."""
    machine = target.machine("ReconciliationArn")

    def ended() -> str | None:
        status = machine.status(name)
        return None if status in {None, RUNNING} else status

    status = until(ended, what=f"reconciling {legal_entity} {period}", timeout_seconds=RECONCILE_SECONDS)
    if status != "SUCCEEDED":
        message = f"reconciliation {name} {status}"
        raise OpsError(message)
    return last_report(target, legal_entity, period)


def last_report(target: Target, legal_entity: str, period: str) -> Reconciliation:
    """Return the last report of a month; raises OpsError where it was not reconciled yet."""
    try:
        return Reconciliation.model_validate_json(target.ports.objects.get(report_key(legal_entity, period)))
    except NotFound:
        message = f"{period} of {legal_entity} was not reconciled yet: billproof reconcile {period} -e {legal_entity}"
        raise OpsError(message) from None


def reconcile(target: Target, legal_entity: str, period: str) -> Reconciliation:
    """Reconcile a month now and return its report."""
    return reconciled(target, start_reconciling(target, legal_entity, period), legal_entity, period)


def listed(report: Reconciliation) -> Variances:
    """Return the variances of a report, by owner and age."""
    return Variances(
        legal_entity=report.legal_entity,
        period=report.period,
        reconciled_at=report.reconciled_at,
        variances=tuple(in_order(variances_of(report))),
    )


def variance_table(reports: Iterable[Variances]) -> Table:
    """Print variances, one a row."""
    names = ("Variance", "Category", "Account", "Amount", "Days", "Owner")
    printed = tables.table(*names, title="Variances", whole=("Variance", "Amount"), right=("Amount", "Days"))
    for report in reports:
        for one in report.variances:
            days = str(one.age_days)
            printed.add_row(one.id, one.category, one.billing_account, str(amount_of(one)), days, one.owner)
    return printed


def variance_csv(reports: Iterable[Variances]) -> str:
    """Return variances as CSV with a header."""
    text = io.StringIO()
    sheet = Sheet(text, lineterminator="\n")
    sheet.add(COLUMNS)
    for report in reports:
        for one in report.variances:
            amount = amount_of(one)
            about = (one.category, one.cause, one.billing_account, one.invoice, one.external_reference, one.account)
            age = (one.since.isoformat() if one.since else "", one.age_days)
            sheet.add((one.id, report.period, *about, amount.text, amount.currency, *age, one.owner, one.remedy))
    return text.getvalue()


def to_reconcile(target: Target, legal_entity: str, period: str) -> list[str]:
    """Return the months whose reports say whether a month may be closed: it, and the one before.

    The invoices of the month before, and what was paid meanwhile, are dated in it. None where it is closed, or still
    accepts usage: no report counts.
    """
    ports = target.ports
    still_open = ports.now() < cut_off(Period.month(period), ports.settings.grace)
    if still_open or signed_off(ports.runs, legal_entity, period) is not None:
        return []
    before = Period.month_ending(Period.month(period).start).name
    return [before, period]


def reconcile_to_close(target: Target, legal_entity: str, period: str) -> list[Variances]:
    """Reconcile the months whose reports say whether a month may be closed, side by side; return what is open."""
    months = to_reconcile(target, legal_entity, period)
    started = {name: start_reconciling(target, legal_entity, name) for name in months}
    return [listed(reconciled(target, run, legal_entity, name)) for name, run in started.items()]


def close(
    target: Target, legal_entity: str, period: str, *, open_points: Iterable[str], reason: str, who: str | None
) -> ClosedMonth:
    """Ask the API to close a month, with open points that somebody answers for."""
    return _ask(target, legal_entity, period, who, open_points=list(open_points), reason=reason)


def ask_to_reopen(target: Target, legal_entity: str, period: str, *, reason: str, who: str | None) -> ClosedMonth:
    """Ask the API for the reopening of a month."""
    return _ask(target, legal_entity, period, who, step="reopen", reason=reason)


def _ask(target: Target, legal_entity: str, period: str, who: str | None, **wanted: Any) -> ClosedMonth:
    request = {"legal_entity": legal_entity, "period": period, **wanted}
    return ClosedMonth.model_validate(api.call(target, api.SIGN_OFF, request, who=who))
