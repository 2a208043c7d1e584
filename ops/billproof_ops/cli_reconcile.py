"""`billproof reconcile`: compare a month with the ERP and the payments, and list each variance."""

from typing import Annotated

import typer

from billproof_ops import closing, naming
from billproof_ops.printing import AsJson, Entity, console, show, verbs

app = verbs()


@app.command()
def reconcile(
    month: Annotated[str, typer.Argument(help="The month, such as 2013-01; without it the only open one.")] = "",
    *,
    legal_entity: Entity = "",
    last: Annotated[bool, typer.Option("--last", help="Show the last report, and compare nothing now.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare contracts, usage, invoices, ERP and payments of a month now, and list each variance.

    Each has one cause of a closed list, an amount, an age in days and an owner. Exit 1 if there is any.
    """
    named = naming.any_month(legal_entity, month)
    compare = closing.last_report if last else closing.reconcile
    report = closing.listed(compare(named.target, named.legal_entity, named.period))
    if as_csv:
        typer.echo(closing.variance_csv([report]), nl=False)
    elif as_json or not report.variances:
        show(report, as_json=as_json, text=f"{report.period} of {report.legal_entity} balances: {report.reconciled_at}")
    else:
        console.print(closing.variance_table([report]))
    if report.variances:
        raise typer.Exit(1)
