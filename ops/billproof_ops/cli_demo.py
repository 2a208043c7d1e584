"""`billproof demo`: a month of real flights, from contracts to reconciliation."""

from typing import Annotated

import typer

from billproof_ops.demo.command import DemoErp, play
from billproof_ops.local.locks import locked
from billproof_ops.paths import BUILD
from billproof_ops.printing import console, verbs

app = verbs()


@app.command()
def demo(
    *,
    period: Annotated[str, typer.Option("--period", "-p", help="A month of 2013, or 2013 for all twelve.")] = "2013-01",
    erp: Annotated[DemoErp, typer.Option("--erp", help="Where to post: in a real Tryton, too.")] = DemoErp.EMBEDDED,
    leave_open: Annotated[
        bool, typer.Option("--leave-open", help="Leave decisions, payments that are not sure, and the close to you.")
    ] = False,
    keep_up: Annotated[bool, typer.Option("--keep-up", help="Leave the embedded AWS up at the end.")] = False,
) -> None:
    """Bill a month of real flights, from contracts to reconciliation, and write the results to build/demo/.

    It starts an embedded AWS; where AWS_ENDPOINT_URL names an emulator, such as LocalStack, it plays there.
    """
    with locked(BUILD / "demo.lock", refuse="another demo is under way"):
        play(period, console=console, keep_up=keep_up, erp=erp, leaves_open=leave_open)
