"""What the command does with runs and invoices."""

import json
from collections.abc import Callable, Sequence

from billproof.approvals.actions import OperatorAction
from billproof.errors import NotFound
from billproof.findings import Finding
from billproof.identities import RunId
from billproof.invoicing import listing
from billproof.invoicing.delivery import read_pdf
from billproof.invoicing.delivery_events import DeliveryProblem, delivery_problems
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.facts import DELIVERED, HELD, RESENT
from billproof.invoicing.listing import InvoiceRow, rows_in_order
from billproof.invoicing.model import Invoice, Released
from billproof.pipeline.artefacts import Artefacts
from billproof.pipeline.closing import read_statement
from billproof.pipeline.model import RunStatement
from billproof.pipeline.month_facts import refuse_signed_off
from billproof.pipeline.redriving import note_redrive
from billproof.pipeline.shared_ids import elsewhere_findings
from billproof.pipeline.starting import RUNNING, StartedRun, refuse_while_another_runs, run_ids, run_key
from billproof.store_keys import FactName
from billproof_ops import api
from billproof_ops.actions import recorded
from billproof_ops.errors import OpsError
from billproof_ops.model import Shown
from billproof_ops.naming import MONTHS_LOOKED_AT, billed_months, refuse_unknown
from billproof_ops.queues import send_all
from billproof_ops.target import Target
from billproof_ops.waiting import until

RUN_TIMEOUT_SECONDS = 3_600


class RunState(Shown):
    """A run and its execution's status."""

    run_id: str
    status: str
    cause: str | None


def start_run(
    target: Target, legal_entity: str, period: str, *, who: str | None, only_accounts: Sequence[str] = ()
) -> StartedRun:
    """Ask the API for the next run of a legal entity and month, unless one is under way."""
    request = {"legal_entity": legal_entity, "period": period, "only_accounts": list(only_accounts)}
    return StartedRun.model_validate(api.call(target, api.RUN, request, who=who))


def redrive_run(target: Target, run_id: str, *, who: str | None) -> str:
    """Redrive a failed run, or start the next one of its month where the endpoint cannot redrive; say which.

    The next one bills the accounts that the failed one was to bill, and no others. Raises OpsError where the run did
    not fail, InvalidPeriod for a month that is signed off, and Contended while another month of its legal entity runs.
    Both are safe: what was released stays as it is.
    """
    state = run_state(target, run_id)
    if state.status not in {"FAILED", "TIMED_OUT", "ABORTED"}:
        message = f"run {run_id} is {state.status.lower()}: only a failed run can be redriven"
        raise OpsError(message)
    failed, ports = RunId.parse(run_id), target.ports
    refuse_signed_off(ports.runs, failed.legal_entity, failed.period)
    before, entity = f"the run is {state.status.lower()}", failed.legal_entity
    with recorded(target, OperatorAction.REDRIVE_RUN, run_id, who=who, before=before, legal_entity=entity) as outcome:
        outcome.after = _redriven_run(target, failed, run_id, who=who)
    return outcome.after


def _redriven_run(target: Target, failed: RunId, run_id: str, *, who: str | None) -> str:
    ports = target.ports
    note_redrive(ports.runs, failed.legal_entity, run_id, ports.now())
    refuse_while_another_runs(ports.runs, failed.legal_entity, failed.period, ports.billing_runs, ports.now())
    if target.machine("BillingRunArn").redrive(run_id):
        return f"{run_id} redriven from where it failed"
    note_redrive(ports.runs, failed.legal_entity, "", ports.now())
    record = ports.runs.get(run_key(run_id)) or {}
    only_accounts = record.get("only_accounts", ())
    started = start_run(target, failed.legal_entity, failed.period, who=who, only_accounts=only_accounts)
    return f"this endpoint cannot redrive: {started.run_id} started instead"


def run_state(target: Target, run_id: str) -> RunState:
    """Return the state of a run; raises OpsError where there is none of that name."""
    execution = target.machine("BillingRunArn").describe(run_id)
    if execution is None:
        message = f"there is no run {run_id}"
        raise OpsError(message)
    return RunState(run_id=run_id, status=execution["status"], cause=execution.get("cause"))


def wait_for_run(target: Target, run_id: str, on_poll: Callable[[], None] = lambda: None) -> None:
    """Wait until a run is over; raises OpsError where it did not succeed."""

    def over() -> RunState | None:
        on_poll()
        state = run_state(target, run_id)
        return None if state.status == RUNNING else state

    state = until(over, what=f"run {run_id}", timeout_seconds=RUN_TIMEOUT_SECONDS)
    if state.status != "SUCCEEDED":
        message = f"run {run_id} {state.status.lower()}: {state.cause or 'see its history'}"
        raise OpsError(message)


def last_run(target: Target, legal_entity: str, period: str) -> str:
    """Return the last run of a legal entity and month; raises OpsError where there is none."""
    known = run_ids(target.ports.runs, legal_entity, period)
    if not known:
        message = f"{legal_entity} has no run of {period}"
        raise OpsError(message)
    return known[-1]


def run_report(target: Target, run_id: str) -> RunStatement:
    """Return the statement of a closed run."""
    try:
        return read_statement(target.ports.objects, run_id)
    except NotFound:
        state = run_state(target, run_id)
        message = f"run {run_id} has no statement: it is {state.status.lower()}"
        raise OpsError(message) from None


def shared_since(target: Target, run_id: str) -> list[Finding]:
    """Return what was found of a closed run since: ids that stand under accounts of other runs, too."""
    return list(elsewhere_findings(run_id, Artefacts(target.ports.objects)))


def released_since(target: Target, statement: RunStatement) -> int:
    """Return how many of the invoices that a run held are released now."""
    if not statement.held:
        return 0
    of_month = target.ports.register.of_period(statement.legal_entity, statement.period.name)
    held_by = ((facts, {FactName.parse(name).of for name in facts.names(HELD)}) for facts in of_month)
    return sum(facts.released is not None and statement.run in runs for facts, runs in held_by)


def invoice_rows(target: Target, legal_entity: str, period: str) -> list[InvoiceRow]:
    """Return the documents of a legal entity and month, by number, or by account where there is none yet."""
    return rows_in_order(target.ports.register.of_period(legal_entity, period))


def find_release(target: Target, name: str) -> Released:
    """Return the release of an invoice by its id or its number; raises OpsError where there is none."""
    released = listing.find_release(name, target.ports.register, target.ports.directory.legal_entities())
    if released is None:
        refuse_unknown("released invoice", name, _numbers_of_late(target))
    return released


def _numbers_of_late(target: Target) -> list[str]:
    """Return the numbers and ids of the documents of each legal entity's last billed months."""
    names = []
    for entity in target.ports.directory.legal_entities():
        for month in billed_months(target, entity.id)[-MONTHS_LOOKED_AT:]:
            released = (facts.released for facts in target.ports.register.of_period(entity.id, month))
            names += [name for known in released if known for name in (known.number, known.invoice)]
    return names


def find_invoice(target: Target, name: str) -> tuple[Released, Invoice]:
    """Return a released invoice by its id or its number; raises OpsError where there is none."""
    released = find_release(target, name)
    return released, read_invoice(target.ports.objects, released.document)


def pdf_of(target: Target, released: Released) -> bytes:
    """Return the PDF of a released invoice; raises OpsError where it was not delivered yet."""
    try:
        return read_pdf(released, register=target.ports.register, objects=target.ports.objects)
    except NotFound as error:
        raise OpsError(error.message) from None


def problems_of(target: Target, released: Released) -> list[DeliveryProblem]:
    """Return what went wrong with the mails of a released invoice."""
    facts = target.ports.register.facts(released.invoice)
    return delivery_problems(facts) if facts is not None else []


def resend(target: Target, released: Released, to: str, *, who: str | None = None) -> tuple[str, int]:
    """Ask for a delivered document to be mailed again, and record who does; return to whom, and which sending it is.

    Raises OpsError where it was not delivered yet, its account is gone, or the address is one that fails.
    """
    facts = target.ports.register.facts(released.invoice)
    if facts is None or DELIVERED not in facts.facts:
        message = f"{released.number} was not delivered yet"
        raise OpsError(message)
    account = target.ports.directory.account(released.account)
    address = to or (account.billing_email if account is not None else "")
    if not address:
        message = f"there is no account {released.account}: name an address"
        raise OpsError(message)
    failed = target.ports.register.addresses.failure(released.legal_entity, address)
    if failed is not None:
        message = f"{address} is not written to, {failed.why}: billproof receivables note {released.account} reachable"
        raise OpsError(message)
    ordinal = len(facts.names(RESENT)) + 1
    wanted = {"invoice": released.invoice, "resend": {"to": address, "ordinal": ordinal}}
    before, entity = f"delivered, and sent again {ordinal - 1} times", released.legal_entity
    with recorded(
        target, OperatorAction.RESEND_DOCUMENT, released.invoice, who=who, before=before, legal_entity=entity
    ) as outcome:
        list(send_all(target, "DeliveriesQueueUrl", [(json.dumps(wanted), 1)]))
        outcome.after = f"sending {ordinal + 1} is asked for"
    return address, ordinal
