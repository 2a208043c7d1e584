"""`billproof price`: price charges without a run. It needs no AWS and stores nothing."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from billproof_ops.pricing import price_text
from billproof_ops.printing import read_text, verbs

app = verbs()


@app.command()
def price(
    file: Annotated[
        Path,
        typer.Argument(help="A price request as JSON (schemas/price-request.v1.json); - for standard input."),
    ],
) -> None:
    """Price charges given as JSON, and print the amount and its explanation as JSON.

    It takes every price model, usage, period and currency; several charges under the discounts, caps, minimums and
    credits of one contract; and who bills whom, for the tax of each line. docs/pricing.md has an example of each.
    """
    sys.stdout.write(price_text(read_text(file), str(file)))
