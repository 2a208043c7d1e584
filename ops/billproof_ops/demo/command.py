"""`billproof demo`: runs the months, writes the files, prints the report, stops what it started."""

import json
import shutil
from contextlib import nullcontext
from enum import StrEnum

from rich.console import Console
from rich.table import Table

from billproof.conservation.model import Equation
from billproof_ops import tables
from billproof_ops.demo import story
from billproof_ops.demo.cash_tables import cash_tables
from billproof_ops.demo.progress import Timings, progress_bars, progress_lines
from billproof_ops.demo.report import render_report
from billproof_ops.demo.run import Demo, prepare
from billproof_ops.demo.summary import Summary
from billproof_ops.demo.tryton import served
from billproof_ops.local import server
from billproof_ops.paths import DEMO


class DemoErp(StrEnum):
    """Where the demo's legal entities post."""

    EMBEDDED = "embedded"
    TRYTON = "tryton"


def play(
    period: str, *, console: Console, keep_up: bool, erp: DemoErp = DemoErp.EMBEDDED, leaves_open: bool = False
) -> Summary:
    """Play the demo; raises OpsError for a period that the flights do not cover, and where Tryton is not installed."""
    with served() if erp is DemoErp.TRYTON else nullcontext() as tryton:
        return _play(period, console, keep_up=keep_up, tryton=tryton, leaves_open=leaves_open)


def _play(period: str, console: Console, *, keep_up: bool, tryton: str | None, leaves_open: bool) -> Summary:
    months = story.periods(period)
    timings = Timings(progress_lines(console))
    running_server = server.running()
    is_somebodys = running_server is not None and running_server.owner == server.PERSON
    try:
        target = prepare(timings, console, server.PERSON if keep_up else server.DEMO, tryton)
        with progress_bars(console) as progress:
            posts_in_tryton = tryton is not None
            demo = Demo(target, months, progress, timings, posts_in_tryton=posts_in_tryton, leaves_open=leaves_open)
            summary = demo.play()
        _write(demo, summary, timings)
    finally:
        if not (is_somebodys or keep_up):
            with timings.phase("stop and save the local stack"):
                server.stop()
    _print(summary, timings, console)
    return summary


def _write(demo: Demo, summary: Summary, timings: Timings) -> None:
    shutil.rmtree(DEMO, ignore_errors=True)
    (DEMO / "invoices").mkdir(parents=True)
    for name, data in demo.documents():
        (DEMO / "invoices" / name).write_bytes(data)
    (DEMO / "summary.json").write_text(summary.model_dump_json(indent=2) + "\n")
    (DEMO / "report.html").write_text(render_report(summary, timings.phases))
    (DEMO / "timings.json").write_text(json.dumps(timings.phases, indent=1) + "\n")


def _print(summary: Summary, timings: Timings, console: Console) -> None:
    for table in (_events(summary), _decisions(summary), _invoices(summary), _reconciliations(summary)):
        console.print(table)
    console.print(_balance(summary))
    if summary.cash is not None:
        for cash_table in cash_tables(summary.cash):
            console.print(cash_table)
    console.print(_time(timings))
    for proof in summary.proofs:
        checked = ", ".join(f"{number:,} {name}" for name, number in proof.checked.items())
        console.print(
            f"[{'red' if proof.differences else 'green'}]proof[/] {proof.run_id}: {checked} checked again, "
            f"{len(proof.differences)} differences"
        )
        for difference in proof.differences:
            console.print(f"  [red]{difference}[/]")
    findings = [finding for run in summary.runs for finding in run.findings]
    for finding in findings:
        console.print(f"[yellow]finding[/] {finding}")
    console.print(_repeat(summary))
    console.print(f"Written: {DEMO}/summary.json, report.html and {len(summary.invoices)} invoices as PDF")
    console.print("Look around: 'billproof local up', then 'billproof invoice list', 'billproof invoice show NUMBER'")
    console.print("In a browser: 'make console', then 'billproof local up --console' names its address")


def _decisions(summary: Summary) -> Table:
    whole = ("Exception", "Amount", "Number")
    table = tables.table(*whole, "Decision", title="Exceptions", whole=whole, right=("Amount",))
    for decision in summary.decisions:
        table.add_row(
            decision.exception, decision.amount, decision.number, f"{decision.verdict} by {decision.decided_by}"
        )
    return table


def _balance(summary: Summary) -> Table:
    """Add the conservation statements of all runs up; money stays by currency."""
    sums: dict[tuple[str, str | None], Equation] = {}
    for run in summary.balances:
        for printed in run.equations:
            equation = printed.equation
            known = sums.get((printed.code, printed.currency))
            sums[printed.code, printed.currency] = known + equation if known else equation
    verdict = "balances" if all(run.balances for run in summary.balances) else "DOES NOT BALANCE"
    return tables.equations(sums.values(), title=f"Conservation statement of {len(summary.balances)} runs: {verdict}")


def _events(summary: Summary) -> Table:
    numbers = ("Received", "Quarantined", "Duplicate", "Billed", "Excluded")
    table = tables.table("Run", *numbers, title="Usage events", whole=("Run",), right=numbers)
    for run in summary.runs:
        events = run.events
        counts = (events.received, events.quarantined, events.duplicate, events.billed, events.excluded)
        table.add_row(run.run_id, *(f"{count:,}" for count in counts))
    return table


def _invoices(summary: Summary) -> Table:
    names = ("Number", "Account", "Tax", "Total", "Tax rule", "Status", "Sent")
    table = tables.table(*names, title="Invoices", whole=("Number", "Tax", "Total"), right=("Tax", "Total"))
    for invoice in summary.invoices:
        table.add_row(
            invoice.number or "-",
            invoice.account,
            invoice.tax,
            f"{invoice.total} {invoice.currency}",
            invoice.tax_reason.split(":")[0],
            invoice.status,
            invoice.sent,
        )
    return table


def _reconciliations(summary: Summary) -> Table:
    amounts = ("Invoiced", "Posted")
    names = ("Legal entity", "Period", "Invoices", "Postings", *amounts, "Variances")
    table = tables.table(*names, title="Reconciliation", whole=("Legal entity", *amounts), right=amounts)
    for reconciliation in summary.reconciliations:
        table.add_row(
            reconciliation.legal_entity,
            reconciliation.period,
            str(reconciliation.invoices),
            str(reconciliation.postings),
            reconciliation.invoiced,
            f"{reconciliation.posted} {reconciliation.currency}",
            "; ".join(reconciliation.variances) or "none",
        )
    if any(row.postings < row.invoices and not row.variances for row in summary.reconciliations):
        table.caption = "An invoice of zero has nothing to post."
    return table


def _time(timings: Timings) -> Table:
    table = tables.table("Phase", "Seconds", title="Time by phase", right=("Seconds",))
    for name, seconds in timings.phases.items():
        table.add_row(name, f"{seconds:.1f}")
    table.add_row("total", f"{sum(timings.phases.values()):.1f}", style="bold")
    return table


def _repeat(summary: Summary) -> str:
    repeat = summary.repeat
    if repeat.first_time:
        return (
            f"[green]First run[/]: {repeat.new_invoices} invoices released, {repeat.new_postings} posted, "
            f"{repeat.new_receipts} receipts."
        )
    if repeat.new_invoices or repeat.new_postings or repeat.changed_invoices or repeat.new_receipts:
        return (
            f"[yellow]This run changed the stored data[/]: {repeat.new_invoices} new invoices, "
            f"{repeat.new_postings} new postings, {repeat.changed_invoices} changed invoices, "
            f"{repeat.new_receipts} new receipts."
        )
    return (
        f"[green]Nothing changed[/]: {repeat.events_sent_again:,} events were sent again and recognised as duplicates, "
        f"the {repeat.invoices_before} invoices kept their numbers and content, and nothing was posted or paid twice."
    )
