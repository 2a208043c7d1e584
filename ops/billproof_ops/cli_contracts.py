"""`billproof contract`: the versions of an account's contracts, who changed them, and orders that become contracts."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from billproof.crm.hints import CrmHint, CrmListing, CrmMessage
from billproof.crm.mapping import MappedOrder
from billproof.masterdata.service import contract_history
from billproof_ops import naming, orders, publishing, tables
from billproof_ops.printing import AsJson, console, print_json, verbs
from billproof_ops.queues import send_all
from billproof_ops.target import Target

app = verbs()
Files = Annotated[
    list[Path], typer.Argument(help="Orders: CSV, YAML or JSON of ours, or JSON as the API of a CRM returns it.")
]
MappingFile = Annotated[Path | None, typer.Option("--mapping", help="A file with the mapping of the CRM.")]
CrmName = Annotated[str, typer.Option("--crm", help="The CRM whose published mapping is used, such as salesforce.")]


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


@app.command("map")
def map_orders(files: Files, *, mapping: MappingFile = None, crm: CrmName = "", as_json: AsJson = False) -> None:
    """Show the contracts that orders become, or what is missing. Nothing is sent. Exit 1 if anything is missing."""
    mapped = orders.map_files(files, orders.customers_of(mapping, crm))
    if as_json:
        print_json([one.model_dump(mode="json") for one in mapped])
    else:
        for one in mapped:
            _show_mapped(one)
    if any(one.missing for one in mapped):
        raise typer.Exit(1)


@app.command("import")
def import_orders(files: Files, *, mapping: MappingFile = None, crm: CrmName = "", as_json: AsJson = False) -> None:
    """Publish the contracts that orders become, where they differ from what is billed. It is safe to repeat.

    Nothing is published of files in which anything is missing.
    """
    target = Target.find()
    used = replace(orders.customers_of(mapping, crm), crosswalks=target.ports.directory.crosswalks())
    plan = publishing.plan(target, orders.news(target, orders.map_files(files, used)))
    for _ in publishing.send(target, plan.to_send, who=None, advance=lambda _: None):
        pass
    if as_json:
        print_json([planned.model_dump(mode="json") for planned in plan.planned])
        return
    for planned in plan.planned:
        console.print(f"{planned.id} version {planned.version}: {planned.novelty}")
    console.print(f"published: {len(plan.to_send)}")


@app.command("sync")
def sync_order(
    crm: Annotated[str, typer.Argument(help="The CRM, such as salesforce.")],
    order: Annotated[str, typer.Argument(help="The id of the order there; without it, every order.")] = "",
) -> None:
    """Have an order read in its CRM again, and its contract brought to what it says. It is safe to repeat.

    Without an order, all of them are compared, as every night: those that wait for the mapping become contracts where
    it knows by now what they lacked.
    """
    target, event = Target.find(), "billproof contract sync"
    message: CrmMessage = CrmListing(system=crm, event=event)
    if order:
        message = CrmHint(system=crm, record_kind="Order", records=(order,), event=event)
    for _ in send_all(target, "CrmEventsQueueUrl", [(message.model_dump_json(), 1)]):
        pass
    console.print(f"{crm} is asked for {f'order {order}' if order else 'every order'}", markup=False)


def _show_mapped(mapped: MappedOrder) -> None:
    if mapped.contract is not None:
        console.print(
            f"order {mapped.order} becomes contract {mapped.contract_id}, in all {mapped.amount}", markup=False
        )
        console.print_json(mapped.contract.model_dump_json(exclude_none=True))
        return
    if not mapped.missing:
        console.print(f"order {mapped.order} is not signed", markup=False)
        return
    title = f"order {mapped.order} waits, in all {mapped.amount or 'of an amount that is not known'}"
    listed = tables.table("Missing", "Where", "What", "At risk", title=title, whole=("Missing", "At risk"))
    for missing in mapped.missing:
        listed.add_row(missing.part.value, missing.place, missing.message, str(missing.amount or "not known"))
    console.print(listed)
