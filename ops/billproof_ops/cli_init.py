"""`billproof init`: a folder of files that run, to make your own of."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from billproof.periods import Period
from billproof_ops.printing import console, verbs
from billproof_ops.starter import newest_month, write_starter

app = verbs()


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="The new folder.")],
    *,
    legal_entity: Annotated[
        str, typer.Option("--legal-entity", "-e", help="The id of who bills; else the folder's name.")
    ] = "",
    month: Annotated[str, typer.Option("--month", help="The month of the usage; else the last that is over.")] = "",
) -> None:
    """Write a legal entity, a meter, a contract, a policy, a price, usage and a bank's file that run."""
    entity = legal_entity or folder.resolve().name.lower()
    now = datetime.now(UTC)
    period = Period.month(month) if month else newest_month(now)
    for path in write_starter(folder, entity=entity, month=period, now=now):
        console.print(str(path), soft_wrap=True)
    console.print(f"next: billproof publish {folder / 'publish'}", soft_wrap=True)
