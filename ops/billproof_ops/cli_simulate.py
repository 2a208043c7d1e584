"""`billproof simulate`: a month under changed terms."""

from pathlib import Path
from typing import Annotated

import typer

from billproof_ops import naming, previews, tables
from billproof_ops.printing import AsJson, Entity, Period, console, print_json, verbs

app = verbs()


@app.command()
def simulate(
    *,
    contracts: Annotated[
        Path,
        typer.Option(
            "--contracts",
            help="A folder, or a file as YAML or JSON, of versions of master data; - for stdin.",
        ),
    ],
    period: Period = "",
    legal_entity: Entity = "",
    as_json: AsJson = False,
) -> None:
    """Price a whole month under changed terms and show what would differ. Nothing is stored.

    The files are those of billproof publish.
    """
    month = naming.any_month(legal_entity, period)
    simulation = previews.simulate_files(month.target, month.legal_entity, month.period, [contracts])
    if as_json:
        print_json(simulation.model_dump(mode="json"))
        return
    amounts = ("Before", "After", "Difference")
    title = f"{month.legal_entity} {month.period}, accounts: {simulation.accounts}"
    listed = tables.table("Account", "Line", *amounts, title=title, whole=amounts, right=amounts)
    for change in simulation.changes:
        for line in change.lines:
            before, after = (amount.text if amount else "" for amount in (line.before, line.after))
            listed.add_row(change.account, line.line, before, after, "")
        sums = (change.before.text, change.after.text, change.difference.text)
        listed.add_row(change.account, "net", *(f"[bold]{text}[/]" for text in sums))
        for finding in change.findings:
            listed.add_row(change.account, f"{finding.severity} {finding.code}: {finding.message}", "", "", "")
    listed.add_row("all", "net", f"{simulation.before}", f"{simulation.after}", f"{simulation.difference}")
    console.print(listed)
