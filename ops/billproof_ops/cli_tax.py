"""`billproof tax`: the figures of tax returns."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from billproof.masterdata.parties import TaxScheme
from billproof.model import decimal_text
from billproof.returns.model import StateSales, TaxReturn
from billproof_ops import naming, tables, tax_returns
from billproof_ops.printing import AsJson, Entity, console, print_json, verbs
from billproof_ops.target import Target

app = verbs()
AMOUNTS = ("Net", "Taxable", "Due")


@app.callback()
def tax() -> None:
    """Tax returns."""


@app.command("return")
def show_return(
    month: Annotated[str, typer.Argument(help="The month, such as 2013-01.")],
    *,
    csv: Annotated[
        Path | None, typer.Option(help="Write figures.csv, sales-list.csv and lines.csv into this folder, too.")
    ] = None,
    legal_entity: Entity = "",
    as_json: AsJson = False,
) -> None:
    """Show what a month's tax return says, by jurisdiction, with corrections of earlier months apart.

    Computed from the released documents, and held against the tax account of the ledger.
    """
    target = Target.find()
    entity = naming.legal_entity(target, legal_entity)
    stated = tax_returns.tax_return(target, entity, month)
    written = tax_returns.write_csv(stated, csv) if csv else []
    if as_json:
        print_json(stated.model_dump(mode="json"))
        return
    if not stated.figures:
        console.print(f"nothing is declared of {entity} for {stated.month}")
    else:
        console.print(_figures(stated))
    if stated.sales_list:
        console.print(_sales_list(stated))
    if stated.nexus:
        console.print(_nexus(stated.nexus))
    console.print(_account(stated))
    for path in written:
        console.print(f"written: {path}")


def _figures(stated: TaxReturn) -> Table:
    title = f"{stated.legal_entity}, {stated.month}, {stated.currency}"
    columns = ("Where", "Tax", "Rate", "Treatment", "Corrects", "Lines")
    listed = tables.table(*columns, *AMOUNTS, title=title, whole=AMOUNTS, right=("Rate", "Lines", *AMOUNTS))
    for figure in stated.figures:
        is_shop = figure.scheme is TaxScheme.ONE_STOP_SHOP
        where = f"{figure.jurisdiction}, one-stop shop" if is_shop else figure.jurisdiction
        rate = f"{decimal_text(figure.percent)} %"
        words = (where, figure.tax, rate, figure.treatment.value.replace("_", " "), figure.corrects, str(figure.lines))
        listed.add_row(*words, figure.net.text, figure.taxable.text, figure.amount.text)
    return listed


def _sales_list(stated: TaxReturn) -> Table:
    listed = tables.table("Number", "Customer", "Corrects", "Net", title="Sales list", whole=("Net",), right=("Net",))
    for row in stated.sales_list:
        listed.add_row(row.customer_number, row.customer, row.corrects, row.net.text)
    return listed


def _nexus(rows: Iterable[StateSales]) -> Table:
    columns = ("Where", "Year", "Sales", "Invoices", "Threshold", "Standing", "Declared", "Source")
    listed = tables.table(
        *columns, title="Not registered, and the state's threshold", whole=("Sales",), right=("Sales", "Invoices")
    )
    for row in rows:
        counted = f" {'and' if row.needs_both else 'or'} {row.transactions} invoices" if row.transactions else ""
        threshold = f"{row.threshold.text}{counted}" if row.threshold else "unknown"
        since = f" on {row.passed_on}" if row.passed_on else ""
        standing = f"{row.standing.value.replace('_', ' ')}{since}"
        sales, source = row.sales.text if row.sales else "unknown", "; ".join(filter(None, (row.source, row.note)))
        listed.add_row(
            row.jurisdiction, str(row.year), sales, str(row.invoices), threshold, standing, row.declared, source
        )
    return listed


def _account(stated: TaxReturn) -> Table:
    account = stated.tax_account
    listed = tables.table("Tax account", "", title="", whole=("Tax account",), right=())
    listed.columns[1].justify = "right"
    rows = (
        ("declared", account.declared),
        ("of documents of the month, declared in other months", account.declared_in_other_months),
        ("declared here, of documents of other months", account.dated_in_other_months),
        ("the ledger's tax account in the month", account.ledger),
        ("difference", account.difference),
    )
    for name, amount in rows:
        listed.add_row(name, amount.text)
    if account.numbers:
        listed.add_row("see", ", ".join(account.numbers))
    return listed
