"""`billproof write`: draft a text of which every figure, date, name and clause has its source."""

from typing import Annotated

import typer

from billproof.writing.model import CheckedText, TextSources
from billproof_ops import naming, tables, writing
from billproof_ops.printing import AsJson, Entity, Period, console, print_json, verbs
from billproof_ops.target import Target

app = verbs()
Model = Annotated[
    str,
    typer.Option(
        "--model",
        envvar="BILLPROOF_WRITER_MODEL",
        help="A model or inference profile of Amazon Bedrock; without it the template writes, and nothing leaves.",
    ),
]
SendsPersonal = Annotated[
    bool,
    typer.Option("--send-personal", help="Send names and people's words to the model; else placeholders of them."),
]
Account = Annotated[str, typer.Argument(help="The account, such as UA.")]


@app.callback()
def write() -> None:
    """Draft a text and print it with its sources. Nothing is stored or sent: a person reads it, and sends it.

    A text that states a figure, date, name or clause which is in no source is refused; then the template writes.
    """


@app.command("contract-change")
def write_contract_change(
    account: Account,
    *,
    contract: Annotated[str, typer.Option("--contract", help="Its id; not needed where there is one.")] = "",
    version: Annotated[int | None, typer.Option("--version", help="The version; without it the last.")] = None,
    model: Model = "",
    send_personal: SendsPersonal = False,
    as_json: AsJson = False,
) -> None:
    """Summarise what a version of a contract changes."""
    target = Target.find()
    naming.account(target, account)
    _show(writing.contract_change(target, account, contract, version), model, send_personal, as_json=as_json)


@app.command("variance")
def write_variance(
    variance: Annotated[str, typer.Argument(help="The variance, as `reconcile` names it.")],
    *,
    legal_entity: Entity = "",
    period: Period = "",
    model: Model = "",
    send_personal: SendsPersonal = False,
    as_json: AsJson = False,
) -> None:
    """Explain a variance of a month's last reconciliation: what differs, why, and what to do about it."""
    month = naming.any_month(legal_entity, period)
    sources = writing.variance(month.target, month.legal_entity, month.period, variance)
    _show(sources, model, send_personal, as_json=as_json)


@app.command("dispute")
def write_dispute(
    account: Account,
    dispute: Annotated[int, typer.Argument(help="The dispute's number, as `disputes list` shows it.")],
    *,
    legal_entity: Entity = "",
    model: Model = "",
    send_personal: SendsPersonal = False,
    as_json: AsJson = False,
) -> None:
    """Draft the answer to a dispute: what was billed, how it was computed, and where the dispute stands."""
    target = Target.find()
    entity = naming.account(target, account, legal_entity)
    _show(writing.dispute(target, entity, account, dispute), model, send_personal, as_json=as_json)


@app.command("close")
def write_close(
    month: Annotated[str, typer.Argument(help="The month, such as 2013-01; without it the only open one.")] = "",
    *,
    legal_entity: Entity = "",
    model: Model = "",
    send_personal: SendsPersonal = False,
    as_json: AsJson = False,
) -> None:
    """Write the note for a month's close: what was billed and posted, what differs, and who signed it off."""
    named = naming.any_month(legal_entity, month)
    sources = writing.close(named.target, named.legal_entity, named.period)
    _show(sources, model, send_personal, as_json=as_json)


def _show(sources: TextSources, model: str, send_personal: bool, *, as_json: bool) -> None:
    text = writing.write(sources, model, sends_personal=send_personal)
    if as_json:
        print_json(writing.document(text))
        return
    for attempt in text.refused:
        console.print(f"[red]refused[/] a text of {model}:", soft_wrap=True)
        for problem in attempt:
            console.print(f"  {writing.problem_line(problem)}", soft_wrap=True, markup=False)
    console.print(text.text, soft_wrap=True, markup=False)
    listed = tables.table("Source", "Kind", "As written", title=f"Written by {text.writer} from")
    for fact in text.sources.facts:
        listed.add_row(fact.name, fact.kind.value, fact.text)
    console.print(listed)
    console.print(_tokens(text), soft_wrap=True)


def _tokens(text: CheckedText) -> str:
    used = text.tokens
    if not used.given and not used.returned:
        return "Nothing left this machine for it, and no token was paid for. Read it before you send it."
    cost = writing.cost(text)
    price = (
        f"{cost} USD" if cost is not None else f"set {writing.PRICE_GIVEN} and {writing.PRICE_RETURNED} for the cost"
    )
    return f"{used.given} tokens given, {used.returned} returned: {price}. Read it before you send it."
