"""`billproof contract`: the versions of an account's contracts, and who changed them."""

from typing import Annotated

import typer

from billproof.masterdata.service import contract_history
from billproof_ops import naming
from billproof_ops.printing import AsJson, console, print_json, verbs
from billproof_ops.target import Target

app = verbs()


@app.callback()
def contracts() -> None:
    """Contracts, as the CRM published them."""


@app.command("history")
def show_history(
    account: Annotated[str, typer.Argument(help="The account whose contracts are shown.")], *, as_json: AsJson = False
) -> None:
    """Show every version of an account's contracts: what it changed, who signed it, who sent it and when."""
    target = Target.find()
    naming.account(target, account)
    versions = contract_history(account, directory=target.ports.directory)
    if as_json:
        print_json([version.model_dump(mode="json") for version in versions])
        return
    for version in versions:
        received = (
            f"received {version.receipt.received_at} from {version.receipt.sender}"
            if version.receipt
            else "sender not recorded"
        )
        until = f" to {version.effective.end}" if version.effective.end else ""
        console.print(f"[bold]{version.contract}[/] version {version.version}, from {version.effective.start}{until}")
        details = [f"signed by {version.signed_by}, {received}"]
        details += [
            f"{change.path}: {change.before or 'nothing'} -> {change.after or 'nothing'}" for change in version.changes
        ]
        for line in details:  # what a CRM wrote is text, whatever brackets it has
            console.print(f"  {line}", soft_wrap=True, markup=False)
