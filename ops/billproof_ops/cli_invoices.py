"""`billproof invoice` and `billproof simulate`: list, show, prove, preview and credit invoices."""

import io
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from billproof.invoicing.balance import BalanceChange
from billproof.invoicing.listing import InvoiceRow
from billproof.sheets import Sheet
from billproof_ops import billing, cli_credits, naming, previews, tables, verifying
from billproof_ops.printing import AsJson, Entity, Period, Who, console, print_json, show_proof, verbs, write_bytes
from billproof_ops.target import Target

app = verbs()
app.command("credit")(cli_credits.credit_an_invoice)


@app.command("prove")
def prove_an_invoice(
    name: Annotated[str, typer.Argument(help="A number or an id, as for show.")],
    *,
    events: Annotated[bool, typer.Option("--events", help="List every event that the run read.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compute a released invoice again and compare it bit for bit. Exit 1 if anything differs."""
    from billproof.proof.service import events_behind, prove_invoice

    target = Target.find()
    released = billing.find_release(target, name)
    if events:
        for event in events_behind(released.invoice, stores=target.ports.stores()):
            sys.stdout.write(f"{event.time} {event.source} {event.id} {event.type} {event.verdict}\n")
    show_proof(prove_invoice(released.invoice, stores=target.ports.stores()), as_json=as_json)


@app.command("retax")
def retax_an_invoice(
    name: Annotated[str, typer.Argument(help="A number or an id, as for show.")], *, as_json: AsJson = False
) -> None:
    """Determine a released invoice's tax again with the current rules, and show what would change.

    Nothing is stored, and the invoice stays as it is. Exit 1 if its tax would be different.
    """
    from billproof.proof.taxes import recalculate_tax

    target = Target.find()
    recalculation = recalculate_tax(billing.find_release(target, name).invoice, stores=target.ports.stores())
    if as_json:
        print_json(recalculation.model_dump(mode="json"))
    else:
        listed = tables.table(
            "Line", "Net", "Tax", "Now", "Why", whole=("Net", "Tax", "Now"), right=("Net", "Tax", "Now")
        )
        for change in recalculation.changes:
            listed.add_row(
                change.line, change.net.text, change.tax_before.text, change.tax_after.text, change.after.reason
            )
        if recalculation.changes:
            console.print(listed)
        for finding in recalculation.findings:
            console.print(f"[red]{finding.code}[/] {finding.message}", soft_wrap=True)
        rules = f"rules {', '.join(recalculation.rules_before)}, now {', '.join(recalculation.rules_after) or 'none'}"
        now = f", would be {recalculation.tax_after}" if recalculation.tax_after is not None else ""
        console.print(
            f"{recalculation.number}: tax {recalculation.outcome}, {recalculation.tax_before}{now}; {rules}",
            soft_wrap=True,
        )
    if recalculation.outcome != "same":
        raise typer.Exit(1)


@app.command("list")
def list_invoices(*, legal_entity: Entity = "", period: Period = "", as_json: AsJson = False) -> None:
    """List the invoices of a legal entity and month, including held ones."""
    month = naming.billed_month(legal_entity, period)
    rows = billing.invoice_rows(month.target, month.legal_entity, month.period)
    if as_json:
        print_json([row.model_dump(mode="json") for row in rows])
        return
    amounts = ("Net", "Tax", "Total")
    names = ("Number", "Account", "Status", "Sent", *amounts)
    listed = tables.table(*names, whole=("Number", *amounts), right=amounts)
    for row in rows:
        listed.add_row(
            row.number or "-",
            row.account,
            f"{row.status}, {row.findings} findings" if row.findings else row.status,
            row.sent,
            row.net or "",
            row.tax or "",
            f"{row.gross} {row.currency}" if row.gross else "",
        )
    console.print(listed)


@app.command("show")
def show_invoice(
    name: Annotated[
        str, typer.Argument(help="A number, such as SKY-US-2013-000001, or an id, such as skymeter-inc.2013-01.UA.")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Show a released invoice, with the explanation of every line."""
    target = Target.find()
    released, invoice = billing.find_invoice(target, name)
    problems = billing.problems_of(target, released)
    if as_json:
        shown = {"released": released.model_dump(mode="json"), "invoice": invoice.model_dump(mode="json")}
        print_json({**shown, "delivery_problems": [problem.model_dump(mode="json") for problem in problems]})
        return
    table = Table(
        "Line", "Service period", "Explanation", "Net", "Tax", title=f"{released.number}: {invoice.buyer.name}"
    )
    for line in invoice.lines:
        why = line.priced.explanation
        steps = [
            f"{step.label}: {step.quantity} x {step.unit_price} + {step.flat_fee} = {step.amount}" for step in why.steps
        ]
        share = why.proration
        if share and not share.is_whole:
            steps.append(f"{share.days_covered} of {share.days_in_period} days")
        steps.append(f"{why.contract} v{why.contract_version}, {why.price_model}, {why.rounding}. {why.note}")
        period = f"{line.priced.service_period.start} to {line.priced.service_period.end}"
        table.add_row(line.priced.description, period, "\n".join(steps), line.amounts.net.text, line.amounts.tax.text)
    console.print(table)
    for group in invoice.tax_summary:
        console.print(f"{group.jurisdiction} {group.treatment} {group.percent} %: {group.amounts.tax}. {group.reason}")
    for account in invoice.accounts:
        console.print(f"{account.account} {account.name}: net {account.amounts.net}, tax {account.amounts.tax}")
    console.print(
        f"net {invoice.totals.net}, tax {invoice.totals.tax}, total {invoice.totals.gross}, due {invoice.due_date}"
    )
    if released.balance is not None:
        change = released.balance
        console.print(f"{_settled(change)}, amount due {released.receivable.amount}, balance now {change.after.amount}")
    if invoice.exchange is not None:
        booked = invoice.in_books
        console.print(f"booked as net {booked.net}, tax {booked.tax}, total {booked.gross} at {invoice.exchange.text}")
    console.print(f"sha256 {released.document.digest}")
    for problem in problems:
        when = f" at {problem.happened_at}" if problem.happened_at else ""
        console.print(f"[red]mail {problem.kind}[/]{when}: {problem.reason}", soft_wrap=True)


@app.command("pdf")
def write_pdf(
    name: Annotated[str, typer.Argument(help="A number, such as SKY-US-2013-000001, or an id.")],
    *,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file; else <number>.pdf.")] = None,
) -> None:
    """Write the PDF of a released invoice to a file."""
    target = Target.find()
    released = billing.find_release(target, name)
    path = output or Path(f"{released.number}.pdf")
    write_bytes(path, billing.pdf_of(target, released))
    console.print(str(path), soft_wrap=True)


@app.command("verify")
def verify_a_document(
    name: Annotated[str, typer.Argument(help="A number or an id, as for show; or a file that was sent.")],
    *,
    check_code: Annotated[
        str, typer.Option("--check-code", "--code", help="The code that is printed on the document.")
    ] = "",
    number: Annotated[str, typer.Option("--number", help="Of a file its document, where its name does not say.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say whether a file or a printed check code is that of a document as it was sent. Exit 1 if anything differs.

    What is stored and archived of it is read back, and held against the audit chain, which takes longer as that grows.
    """
    target, path = Target.find(), Path(name)
    file = path if path.is_file() else None
    released = billing.find_release(target, number or (verifying.number_of_file(file) if file else name))
    verified = verifying.verify_document(target, released, file=file, check_code=check_code)
    if as_json:
        print_json([one.model_dump(mode="json") for one in verified])
    else:
        for one in verified:
            console.print(f"{'yes' if one.holds else '[red]NO[/]'}: {one.said}", soft_wrap=True)
    if not all(one.holds for one in verified):
        raise typer.Exit(1)


@app.command("resend")
def resend_a_document(
    name: Annotated[str, typer.Argument(help="A number or an id, as for show.")],
    *,
    to: Annotated[str, typer.Option("--to", help="The address; else the account's billing address of now.")] = "",
    who: Who = None,
) -> None:
    """Mail a delivered document again, with the files that were sent, to an address that is right now."""
    target = Target.find()
    released = billing.find_release(target, name)
    address, ordinal = billing.resend(target, released, to, who=who)
    console.print(f"{released.number}: sending {ordinal + 1} to {address} is on its way", soft_wrap=True)


@app.command("export")
def export_invoices(
    *,
    legal_entity: Entity = "",
    period: Period = "",
    output: Annotated[Path, typer.Option("--csv", help="The file; - for standard output.")] = Path("-"),
) -> None:
    """Write the invoices of a legal entity and month as CSV, a row each, with held ones."""
    month = naming.billed_month(legal_entity, period)
    text = io.StringIO()
    rows = Sheet(text)
    rows.add(InvoiceRow.model_fields)
    rows.add_all(
        row.model_dump(mode="json").values()
        for row in billing.invoice_rows(month.target, month.legal_entity, month.period)
    )
    if str(output) == "-":
        typer.echo(text.getvalue(), nl=False)
    else:
        write_bytes(output, text.getvalue().encode())
        console.print(str(output), soft_wrap=True)


@app.command("preview")
def preview_an_invoice(
    account: Annotated[str, typer.Argument(help="The account, such as UA.")],
    *,
    period: Period = "",
    as_json: AsJson = False,
) -> None:
    """Show an account's invoice as it would be now. Nothing is stored; an open month includes its usage so far."""
    target = Target.find()
    period = naming.month_so_far(target, naming.account(target, account), period)
    previewed = previews.preview_account(target, account, period)
    if as_json:
        print_json(previewed.model_dump(mode="json"))
        return
    title = f"{account} {period}: {previewed.outcome}" + (
        f", released as {previewed.number}" if previewed.number else ""
    )
    listed = tables.table(
        "Line", "Period", "Quantity", "Net", "Tax", title=title, whole=("Net", "Tax"), right=("Net", "Tax")
    )
    for line in previewed.invoice.lines if previewed.invoice else ():
        quantity = f"{line.priced.quantity:,f} {line.priced.unit or ''}".strip()
        listed.add_row(
            line.priced.description,
            line.priced.service_period.name,
            quantity,
            line.amounts.net.text,
            line.amounts.tax.text,
        )
    console.print(listed)
    if previewed.invoice is not None:
        totals = previewed.invoice.totals
        console.print(f"net {totals.net}, tax {totals.tax}, total {totals.gross}")
        if previewed.balance is not None:
            due = totals.gross + previewed.balance.change
            console.print(f"{_settled(previewed.balance)}, amount due {due}")
    for finding in previewed.findings:
        console.print(f"{finding.severity} {finding.code}: {finding.message}. {finding.remedy}")


def _settled(change: BalanceChange) -> str:
    return f"balance drawn {change.drawn}" if change.left.is_zero else f"left to the balance {change.left}"
