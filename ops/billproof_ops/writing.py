"""Texts for the command: their sources are read from what is stored, and nothing is written to it."""

import json
import os
from decimal import Decimal
from functools import partial

from billproof.adapters.aws.bedrock import BedrockWriter, bedrock_client
from billproof.approvals.outdated import is_refused
from billproof.approvals.variances import variances_of
from billproof.errors import NotFound
from billproof.masterdata.parties import Account
from billproof.model import decimal_text, exact_decimal
from billproof.pipeline.closing import read_statement
from billproof.pipeline.model import RunStatement
from billproof.pipeline.month_facts import signed_off
from billproof.pipeline.starting import run_ids
from billproof.receivables.disputing import credit_outcomes
from billproof.writing.closes import sources_of_close
from billproof.writing.contract_changes import sources_of_change
from billproof.writing.disputes import sources_of_dispute
from billproof.writing.model import CheckedText, TextFault, TextProblem, TextSources
from billproof.writing.port import TextWriter
from billproof.writing.service import write_text
from billproof.writing.templates import TemplateWriter
from billproof.writing.variances import sources_of_variance
from billproof_ops import billing, closing
from billproof_ops.errors import WrongUse
from billproof_ops.naming import refuse_unknown
from billproof_ops.target import Target

PRICE_GIVEN, PRICE_RETURNED = "BILLPROOF_WRITER_INPUT_PRICE", "BILLPROOF_WRITER_OUTPUT_PRICE"
SAID = {TextFault.LEFT_OUT: "is left out", TextFault.CUT_OFF: "", TextFault.TOO_LONG: ""}
"""What is said of a problem; of any other that it is in no source."""


def writer_of(model: str) -> TextWriter:
    """Return the model of Bedrock that is named, or the template."""
    return BedrockWriter(bedrock_client(), model) if model else TemplateWriter()


def contract_change(target: Target, account: str, contract: str, version: int | None) -> TextSources:
    """Return the sources of what a version of a contract changes: the one named, or the last."""
    profile = target.ports.directory.account(account)
    versions = sorted(target.ports.directory.contracts(account), key=lambda one: (one.id, one.version))
    names = sorted({one.id for one in versions})
    if profile is None or (contract and contract not in names):
        refuse_unknown("contract", contract or account, names)
    if not contract and len(names) != 1:
        message = f"name a contract with --contract: {', '.join(names) or f'{account} has none'}"
        raise WrongUse(message)
    mine = [one for one in versions if one.id == (contract or names[0])]
    after = next((one for one in reversed(mine) if version in {None, one.version}), None)
    if after is None:
        refuse_unknown("version", str(version), [str(one.version) for one in mine])
    before = [one for one in mine if one.version < after.version]
    if not before:
        message = f"version {after.version} of {after.id} is its first: it changes nothing"
        raise WrongUse(message)
    return sources_of_change(profile, before[-1], after)


def variance(target: Target, entity: str, period: str, name: str) -> TextSources:
    """Return the sources of a variance of the last report of a month."""
    variances = {one.id: one for one in variances_of(closing.last_report(target, entity, period))}
    if name not in variances:
        refuse_unknown("variance", name, [*variances])
    one = variances[name]
    return sources_of_variance(one, period, _account(target, one.billing_account))


def dispute(target: Target, entity: str, account: str, ordinal: int) -> TextSources:
    """Return the sources of an answer to a dispute; raises NotFound where there is none of that number."""
    ports = target.ports
    state = ports.dispute_book.state(entity, account, ordinal)
    refused = partial(is_refused, register=ports.register, exception_store=ports.exception_store)
    outcomes = credit_outcomes(state.opened.evidence.invoice, ports.cash_sources().receivables(entity), refused)
    _, invoice = billing.find_invoice(target, state.opened.evidence.invoice)
    return sources_of_dispute(state, state.status(outcomes), invoice)


def close(target: Target, entity: str, period: str) -> TextSources:
    """Return the sources of the note for a month's close; raises OpsError where it was not reconciled yet."""

    def name_of(account: str) -> str:
        profile = _account(target, account)
        return profile.name if profile is not None else account

    return sources_of_close(
        target.ports.directory.legal_entity(entity),
        closing.last_report(target, entity, period),
        run=_last_run(target, entity, period),
        signed=signed_off(target.ports.runs, entity, period),
        name_of=name_of,
    )


def _account(target: Target, name: str) -> Account | None:
    return target.ports.directory.account(name) if name else None


def _last_run(target: Target, entity: str, period: str) -> RunStatement | None:
    for run in reversed(run_ids(target.ports.runs, entity, period)):
        try:
            return read_statement(target.ports.objects, run)
        except NotFound:
            continue  # it has not closed
    return None


def write(sources: TextSources, model: str, *, sends_personal: bool) -> CheckedText:
    """Have a text written by the model that is named, or by the template."""
    return write_text(sources, writer_of(model), sends_personal=sends_personal)


def document(text: CheckedText) -> dict[str, object]:
    """Return a text for programs: with its sources, and what its tokens cost, where the prices are known."""
    shown: dict[str, object] = json.loads(text.model_dump_json())
    return {**shown, "cost_usd": cost(text)}


def cost(text: CheckedText) -> str | None:
    """Return what the tokens of a text cost in US dollars, or None where the model's prices are not set."""
    given, returned = (_price(name) for name in (PRICE_GIVEN, PRICE_RETURNED))
    if given is None or returned is None:
        return None
    return decimal_text(text.tokens.cost(price_given=given, price_returned=returned))


def _price(name: str) -> Decimal | None:
    """Return the price of a million tokens, or None where it is not set; raises WrongUse for what is no price."""
    text = os.environ.get(name)
    if not text:
        return None
    try:
        price = exact_decimal(text)
    except ValueError:
        price = Decimal(-1)
    if price < 0:
        message = f"{name} is {text!r}: write US dollars for a million tokens, such as 0.06"
        raise WrongUse(message)
    return price


def problem_line(problem: TextProblem) -> str:
    """Say why a text was refused."""
    return (
        f"{problem.fault.value.replace('_', ' ')}: {problem.text} {SAID.get(problem.fault, 'is in no source')}".rstrip()
    )
