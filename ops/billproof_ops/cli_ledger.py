"""`billproof ledger`: what the ERP of a legal entity holds, for programs of others."""

from pathlib import Path
from typing import Annotated

import typer

from billproof.erp.plain_text import PlainText, plain_text
from billproof.erp.port import erp_named
from billproof.periods import Period as Month
from billproof_ops import naming
from billproof_ops.printing import Entity, Period, console, verbs, write_bytes

app = verbs()


@app.callback()
def ledger() -> None:
    """Ledger: what the ERP holds, as a journal for hledger or beancount."""


@app.command("export")
def export_journal(
    *,
    legal_entity: Entity = "",
    period: Period = "",
    syntax: Annotated[PlainText, typer.Option(help="The program that reads it.")] = PlainText.HLEDGER,
    output: Annotated[Path, typer.Option("--journal", help="The file; - for standard output.")] = Path("-"),
) -> None:
    """Write what is posted with a date of a month as a journal in plain text, read back from the ERP."""
    chosen = naming.any_month(legal_entity, period)
    ports = chosen.target.ports
    entity = ports.directory.legal_entity(chosen.legal_entity)
    documents = erp_named(entity.erp, ports.erps).of_period(entity.id, Month.month(chosen.period))
    text = "".join(f"{line}\n" for line in plain_text(documents, entity, syntax))
    if str(output) == "-":
        typer.echo(text, nl=False)
    else:
        write_bytes(output, text.encode())
        console.print(str(output), soft_wrap=True)
