"""`billproof contract`: the versions of an account's contracts, and who changed them."""

from typing import Annotated

import typer

from billproof.masterdata.service import contract_history
from billproof_ops.printing import AsJson, console, print_json
from billproof_ops.target import Target

app = typer.Typer(no_args_is_help=True, help="Contracts.")


@app.callback()
def contracts() -> None:
    """Contracts, as the CRM published them."""


@app.command("history")
def show_history(
    account: Annotated[str, typer.Argument(help="The account whose contracts are shown.")], *, as_json: AsJson = False
) -> None:
    """Show every version of an account's contracts: what it changed, who signed it, who sent it and when."""
    found = contract_history(account, directory=Target.find().ports.directory)
    if as_json:
        print_json([each.model_dump(mode="json") for each in found])
        return
    for each in found:
        received = (
            f"received {each.receipt.received_at} from {each.receipt.sender}" if each.receipt else "sender not recorded"
        )
        until = f" to {each.effective.end}" if each.effective.end else ""
        console.print(f"[bold]{each.contract}[/] version {each.version}, from {each.effective.start}{until}")
        told = [f"signed by {each.signed_by}, {received}"]
        told += [
            f"{change.path}: {change.before or 'nothing'} -> {change.after or 'nothing'}" for change in each.changes
        ]
        for line in told:  # what a CRM wrote is text, whatever brackets it has
            console.print(f"  {line}", soft_wrap=True, markup=False)
