"""`billproof receivables`: what customers owe, by age, as statements of account, and in figures."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from billproof.money import Money
from billproof.receivables.model import AgedBalance, Ageing
from billproof.receivables.notes import NoteVerdict
from billproof.receivables.texts import statement_text
from billproof_ops import naming, receivables, tables
from billproof_ops.printing import AsJson, Entity, Reason, Who, console, print_json, verbs, write_bytes
from billproof_ops.target import Target

app = verbs()
OnDay = Annotated[
    str, typer.Option("--on", help="At the end of this day, such as 2013-03-31; else today, where the legal entity is.")
]


@app.command()
def ageing(*, on: OnDay = "", legal_entity: Entity = "", as_json: AsJson = False) -> None:
    """Show what is open by its age: days after the due day, by customer and currency, and what pays nothing yet."""
    target = Target.find()
    entity = naming.legal_entity(target, legal_entity)
    aged = receivables.ageing(target, entity, receivables.day(on))
    if as_json:
        print_json(aged.model_dump(mode="json"))
        return
    if not aged.customers:
        console.print(f"nothing was open of {entity} on {aged.on}")
        return
    for whole in aged.totals:
        console.print(_aged_table(aged, whole))


def _aged_table(aged: Ageing, whole: AgedBalance) -> Table:
    """Make the table of one currency, without the ages and sums of which no customer has anything."""
    of_currency = [
        (customer.account or "nobody's yet", balance)
        for customer in aged.customers
        for balance in customer.balances
        if balance.currency == whole.currency
    ]
    columns = [name for name in _amounts(whole) if any(not _amounts(row)[name].is_zero for _, row in of_currency)]
    title = f"{aged.legal_entity}, {aged.on}, {whole.currency}"
    listed = tables.table("Customer", *columns, title=title, whole=columns, right=columns)
    for name, balance in (*of_currency, ("[bold]in all[/]", whole)):
        amounts = _amounts(balance)
        listed.add_row(name, *("" if amounts[column].is_zero else amounts[column].text for column in columns))
    return listed


def _amounts(balance: AgedBalance) -> dict[str, Money]:
    ages = {bucket.value: amount for bucket, amount in balance.buckets.items()}
    return {
        **ages,
        "Overpaid": balance.overpaid,
        "Open": balance.open,
        "Disputed": balance.disputed,
        "Unapplied": balance.unapplied,
    }


@app.command()
def statement(
    account: Annotated[str, typer.Argument(help="The account, such as UA.")],
    *,
    on: OnDay = "",
    whole: Annotated[bool, typer.Option("--all", help="With documents that are settled and receipts used up.")] = False,
    legal_entity: Entity = "",
    as_json: AsJson = False,
) -> None:
    """Write a customer's statement of account: its documents, what arrived of them, and what is open, as plain text."""
    target = Target.find()
    entity = naming.account(target, account, legal_entity)
    stated = receivables.statement(target, entity, account, receivables.day(on), only_open=not whole)
    if as_json:
        print_json(stated.model_dump(mode="json"))
    else:
        typer.echo(statement_text(stated), nl=False)


@app.command()
def document(
    account: Annotated[str, typer.Argument(help="The account, such as UA.")],
    name: Annotated[
        str,
        typer.Argument(
            help="statement-2013-04-03, reminder-2013-04-03, receipt-R..., pro-forma-2013-01 or usage-2013-03."
        ),
    ],
    *,
    whole: Annotated[bool, typer.Option("--all", help="A statement with documents that are settled, too.")] = False,
    legal_entity: Entity = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file; else <name>.pdf.")] = None,
) -> None:
    """Write a customer's statement, receipt, pro forma invoice, usage, or reminder as sent, as PDF in its language."""
    target = Target.find()
    entity = naming.account(target, account, legal_entity)
    given = receivables.document(target, entity, account, name, only_open=not whole)
    path = output or Path(f"{given.name}.pdf")
    write_bytes(path, given.pdf)
    console.print(str(path), soft_wrap=True)


@app.command()
def metrics(
    month: Annotated[str, typer.Argument(help="The month, such as 2013-03; it is over.")],
    *,
    legal_entity: Entity = "",
    as_json: AsJson = False,
) -> None:
    """Show what changed receivables in a month, days sales outstanding, how well it was collected, and credit notes."""
    target = Target.find()
    entity = naming.legal_entity(target, legal_entity)
    measured = receivables.metrics(target, entity, month)
    if as_json:
        print_json(measured.model_dump(mode="json"))
        return
    title = f"{entity}, {measured.period}, {measured.currency}"
    console.print(tables.figures(title, receivables.metric_rows(measured)))


@app.command()
def remind(*, legal_entity: Entity = "", as_json: AsJson = False) -> None:
    """Remind today's customers who are left of what is overdue, as the schedule does every hour from eight on."""
    target = Target.find()
    entity = naming.legal_entity(target, legal_entity)
    done = receivables.remind(target, entity)
    if as_json:
        print_json(done.model_dump(mode="json"))
        return
    outcome = done.outcome.value.replace("_", " ")
    console.print(
        f"{entity}: {outcome}, {done.evaluated} customers, {done.given} reminded, {done.refused} mails refused"
    )


@app.command()
def reminders(
    account: Annotated[str, typer.Argument(help="The account, such as UA.")],
    *,
    legal_entity: Entity = "",
    as_json: AsJson = False,
) -> None:
    """Show of what a customer was reminded, what it promised, and what people noted, oldest first."""
    target = Target.find()
    entity = naming.account(target, account, legal_entity)
    facts = target.ports.collection_book.state(entity, account).facts
    if as_json:
        print_json([fact.model_dump(mode="json") for fact in facts])
        return
    if not facts:
        console.print(f"{account} was not reminded of anything")
    for fact in facts:
        console.print(receivables.fact_line(fact), soft_wrap=True)
        for row in fact.reminded:
            days = f"{row.days_overdue} days overdue, level {row.level}"
            console.print(f"  {row.number}: {row.open} open, {days}", soft_wrap=True)


@app.command()
def note(
    account: Annotated[str, typer.Argument(help="The account, such as UA.")],
    verdict: Annotated[NoteVerdict, typer.Argument(help="What is noted of it.")],
    *,
    number: Annotated[
        list[str] | None, typer.Option("--number", help="An invoice that it is of; without one all that is owed.")
    ] = None,
    until: Annotated[
        str, typer.Option("--until", help="The day until which a promise or pause holds, such as 2013-03-31.")
    ] = "",
    address: Annotated[str, typer.Option("--address", help="The address that is reachable again.")] = "",
    reason: Reason,
    legal_entity: Entity = "",
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Note that a customer promised to pay, that reminders pause, that somebody else collects, or that they go on.

    Or that mails to an address of it arrive again, which bounced for good or complained: it is written to again.
    """
    target = Target.find()
    wanted = {
        "account": account,
        "legal_entity": naming.account(target, account, legal_entity),
        "verdict": verdict.value,
        "numbers": number or [],
        "until": until or None,
        "reason": reason,
        **({"address": address} if address else {}),
    }
    noted = receivables.note(target, wanted, who=who)
    if as_json:
        print_json(noted)
        return
    holds = f" until {noted['until']}" if noted["until"] else ""
    owed = address or ", ".join(noted["numbers"]) or "all that it owes"
    console.print(f"{account}: {noted['verdict'].replace('_', ' ')}{holds}, {owed}", soft_wrap=True)
