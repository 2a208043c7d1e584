"""The `billproof` command. Every verb prints tables, or JSON with --json; errors are one clear line.

Each verb is a module with an `app`, imported when the verb is called: a help text waits for no library.
Exit codes: 0 done, 1 it could not be done, 2 wrong use.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Annotated, Any, NamedTuple, override

import typer
from typer.core import TyperGroup
from typer.main import get_command

from billproof_ops.paths import ROOT


class Verb(NamedTuple):
    """Where a verb is, and what the list of verbs says of it."""

    module: str
    help: str


VERBS = {
    "demo": Verb("cli_demo", "Bill a month of real flights, from contracts to reconciliation; results in build/demo/."),
    "local": Verb("cli_local", "The embedded AWS on this machine."),
    "init": Verb("cli_init", "Write a folder of files that run: a contract, a meter, a price, usage to send."),
    "publish": Verb("cli_publish", "Publish master data from files: checked, shown as differences, then sent."),
    "import": Verb("cli_import", "Take over a running business: check what it brings along, propose it, confirm it."),
    "usage": Verb("cli_usage", "Usage: check and send files of events, show what is used so far, compact the log."),
    "status": Verb("cli_status", "What runs, what waits and for whom, since when; what lies in the queues."),
    "run": Verb("cli_run", "Billing runs."),
    "reconcile": Verb("cli_reconcile", "Compare a month with the ERP and the payments, and list each variance."),
    "close": Verb("cli_close", "Close a month: it balances, or somebody answers for what is open."),
    "reopen": Verb("cli_reopen", "Ask for a closed month to be reopened: another person decides."),
    "invoice": Verb("cli_invoices", "Invoices."),
    "contract": Verb("cli_contracts", "Contracts."),
    "crosswalk": Verb("cli_crosswalks", "Crosswalks: whose usage ids are, and accounts that may be one customer."),
    "balance": Verb("cli_balance", "What documents left on a customer's balance, and what later invoices drew of it."),
    "payments": Verb("cli_payments", "Payments: receipts, what they pay, what is left, and both equations of cash."),
    "receivables": Verb("cli_receivables", "Receivables: what customers owe, statements of account, reminders."),
    "insights": Verb("cli_insights", "How a month went: how long its invoices took, what needed a person, and why."),
    "tax": Verb("cli_tax", "Tax returns: figures by jurisdiction, the sales list, and the tax account of the ledger."),
    "disputes": Verb("cli_disputes", "Disputes: what customers dispute of their invoices, and what is decided."),
    "write": Verb("cli_write", "Draft a text whose every figure, date, name and clause has its source."),
    "exceptions": Verb("cli_exceptions", "Exceptions: invoices, credit notes and runs that wait for a decision."),
    "incidents": Verb(
        "cli_incidents", "Incidents: what exceptions of a month share, and one decision for all of them."
    ),
    "quarantine": Verb("cli_quarantine", "Refused usage events: open, resent and accepted, or dismissed."),
    "dlq": Verb("cli_dead_letters", "Dead letters: messages that failed five times."),
    "replay": Verb("cli_replay", "Send the events again that arrived over the usage bus in a window."),
    "webhooks": Verb("cli_webhooks", "Webhooks: endpoints that get events, and sending events again."),
    "recover": Verb("cli_recover", "After a disaster: load tables, list what was in flight, bring it back."),
    "rehearse-restore": Verb("cli_rehearse", "Restore the embedded AWS into another one, and prove its books."),
    "revenue": Verb("cli_revenue", "Revenue: deferred, accrued, and earned month by month."),
    "ledger": Verb("cli_ledger", "Ledger: what the ERP holds, as a journal for hledger or beancount."),
    "price": Verb("cli_price", "Price charges given as JSON, and print the amount and its explanation."),
    "simulate": Verb("cli_simulate", "Price a whole month under changed terms and show what would differ."),
    "costs": Verb("cli_costs", "Estimate what a month costs on AWS, and where each dollar goes."),
    "audit": Verb("cli_audit", "The audit chain: what was stored and decided, and that it still is."),
    "archive": Verb("cli_archive", "The archive of issued documents: its index, for auditors."),
    "doctor": Verb("cli_doctor", "What is wrong with a set-up, and what to do about it."),
    "completion": Verb("cli_completion", "Print the script that completes the command in a shell."),
    "policy": Verb("cli_policy", "Policies: who may decide what. Each version takes two people."),
}


class _OnDemand(Mapping[str, Any]):
    """The commands by their names; one is imported when it is wanted for."""

    @override
    def __getitem__(self, name: str) -> Any:
        verb = VERBS[name]
        command = get_command(import_module(f"billproof_ops.{verb.module}").app)
        command.name, command.help = name, command.help or verb.help
        return command

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(VERBS)

    @override
    def __len__(self) -> int:
        return len(VERBS)


class _Verbs(TyperGroup):
    """The group of all verbs, which lists them without importing them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands: Any = _OnDemand()

    @override
    def list_commands(self, ctx: Any) -> list[str]:
        return list(VERBS)

    @override
    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        from typer._click.shell_completion import CompletionItem  # typer re-exports it nowhere

        return [CompletionItem(name, help=verb.help) for name, verb in VERBS.items() if name.startswith(incomplete)]

    @override
    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.help) for name, verb in VERBS.items()])


app = typer.Typer(cls=_Verbs, no_args_is_help=True, rich_markup_mode=None)


def _say_version(wanted: bool) -> None:
    if wanted:
        import tomllib  # a help text waits for no library

        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        typer.echo(f"billproof {project['version']}")
        raise typer.Exit


@app.callback()
def billproof(
    *,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    """Billproof: invoices from contracts and usage, with proof that nothing is missing."""


def main() -> None:
    """Run the command. Print an error that the user can correct in one line."""
    try:
        app(prog_name="billproof")
    except Exception as error:
        from billproof_ops.printing import fail, to_be_corrected

        said = to_be_corrected(error)
        if said is None:
            raise
        fail(*said)
