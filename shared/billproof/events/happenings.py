"""What a fact tells other systems, by its kind: names, codes and amounts, no address, and nothing that people wrote."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from billproof.approvals.exception_store import DECIDED, OPENED
from billproof.approvals.model import Decision, ExceptionRecord
from billproof.approvals.policy import Policy
from billproof.audit.telling import kind_of_fact
from billproof.contracts.model import Contract
from billproof.events.low_credits import low_credits
from billproof.events.model import (
    BalanceLow,
    ContractVersionTaken,
    ExceptionChanged,
    InvoiceChanged,
    MonthChanged,
    RunChanged,
    type_name,
)
from billproof.events.paying import changes_by_receipts
from billproof.findings import Finding
from billproof.identities import ExceptionId, InvoiceId, RunId
from billproof.ids import is_name
from billproof.invoicing.balance import BalanceEntry, granted
from billproof.invoicing.balances import Balances
from billproof.invoicing.facts import CREDIT_REQUESTED, DELIVERED, HELD, POSTED, RELEASED, fact_key
from billproof.invoicing.held import HeldInvoice, RequestedCredit
from billproof.invoicing.model import Released
from billproof.masterdata.directory import Directory
from billproof.masterdata.packing import PackedRecords
from billproof.model import Model
from billproof.money import CONTEXT, Money, Rounding
from billproof.payments.cash import CashEntry
from billproof.pipeline.month_facts import SignOff
from billproof.pipeline.run_facts import decision_of
from billproof.pipeline.starting import CLOSED
from billproof.ports import Document, Key, Objects, Records
from billproof.store_keys import FactKey, PartitionName


@dataclass(frozen=True, slots=True)
class Happening:
    """What an event says, before it has an envelope."""

    type: str
    subject: str
    legal_entity: str | None
    data: Model


@dataclass(frozen=True, slots=True)
class StoredFact:
    """A fact with where it is, the stores of all facts by name, and the master data."""

    key: Key
    document: Document
    facts: Mapping[str, Records]
    store: str
    directory: Directory
    objects: Objects

    @property
    def records(self) -> Records:
        """The store that it is in."""
        return self.facts[self.store]


def _of_invoice(fact: StoredFact, state: str, **more: Any) -> Iterator[Happening]:
    name = PartitionName.parse(fact.key.partition)
    document = InvoiceId.of_subject(name.parts[0], name.parts[1], FactKey.parse(fact.key.sort).subject)
    family = "credit_note" if document.is_credit else "invoice"
    data = InvoiceChanged(
        invoice=str(document),
        account=document.account,
        legal_entity=document.legal_entity,
        period=document.period,
        **more,
    )
    yield Happening(type_name(family, state), str(document), document.legal_entity, data)


def _held(fact: StoredFact) -> Iterator[Happening]:
    if fact.document.get("request_digest") and FactKey.parse(fact.key.sort).fact == CREDIT_REQUESTED:
        wanted = RequestedCredit.model_validate(fact.document)
        gross = wanted.document.totals.gross
        yield from _of_invoice(fact, "requested", run=wanted.request, total=gross, reasons=codes_of(wanted.findings))
        return
    held = HeldInvoice.model_validate(fact.document)
    total = held.document.totals.gross if held.document else None
    yield from _of_invoice(fact, "held", run=held.run, total=total, reasons=codes_of(held.findings))


def codes_of(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the codes of findings, each once: no event is larger than a queue or a bus takes."""
    return tuple(dict.fromkeys(finding.code for finding in findings))


def _released(fact: StoredFact) -> Iterator[Happening]:
    released = Released.model_validate(fact.document)
    yield from _of_invoice(fact, "released", **_of_release(released))
    percent = fact.directory.policy(released.legal_entity).low_credit_percent
    for low in low_credits(released, percent, objects=fact.objects, directory=fact.directory):
        yield Happening(type_name("credit", "low"), low.contract, low.legal_entity, low)


def _of_release(released: Released) -> dict[str, Any]:
    return {
        "run": released.run,
        "number": released.number,
        "issue_date": released.issue_date,
        "total": released.document.totals.gross,
    }


def _after_release(state: str) -> Callable[[StoredFact], Iterator[Happening]]:
    def tell(fact: StoredFact) -> Iterator[Happening]:
        name = PartitionName.parse(fact.key.partition)
        document = InvoiceId.of_subject(name.parts[0], name.parts[1], FactKey.parse(fact.key.sort).subject)
        release = fact.records.get(fact_key(document, RELEASED))
        yield from _of_invoice(fact, state, **(_of_release(Released.model_validate(release)) if release else {}))

    return tell


def _by_receipts(fact: StoredFact) -> Iterator[Happening]:
    entry = CashEntry.model_validate(fact.document)
    for state, released in changes_by_receipts(fact.key, entry, fact.records, fact.facts["invoices"]):
        name = InvoiceId.parse(released.invoice)
        data = InvoiceChanged(
            invoice=released.invoice,
            account=name.account,
            legal_entity=name.legal_entity,
            period=name.period,
            **_of_release(released),
        )
        yield Happening(type_name("invoice", state), released.invoice, name.legal_entity, data)


def _opened(fact: StoredFact) -> Iterator[Happening]:
    opened = ExceptionRecord.model_validate(fact.document)
    more = {"kind": opened.kind, "amount": opened.amount, "reasons": codes_of(opened.findings)}
    yield _of_exception(opened.id, "opened", **more)


def _decided(fact: StoredFact) -> Iterator[Happening]:
    decision = Decision.model_validate(fact.document)
    yield _of_exception(decision.exception, "decided", verdict=decision.verdict, decided_by=decision.decided_by)


def _of_exception(exception: str, state: str, **more: Any) -> Happening:
    name = ExceptionId.parse(exception)
    data = ExceptionChanged(
        exception=exception, legal_entity=name.legal_entity, period=name.period, subject=name.subject, **more
    )
    return Happening(type_name("exception", state), exception, name.legal_entity, data)


def _run(state: str) -> Callable[[StoredFact], Iterator[Happening]]:
    def tell(fact: StoredFact) -> Iterator[Happening]:
        run = RunId.parse(fact.document["run_id"])
        data = RunChanged(run=str(run), legal_entity=run.legal_entity, period=run.period)
        yield Happening(type_name("run", state), str(run), run.legal_entity, data)

    return tell


def _month(fact: StoredFact) -> Iterator[Happening]:
    """Tell of a month that is closed or reopened; of a sign-off that no person decided nothing: it does not count."""
    document, is_reopened = fact.document, "reopened_by" in fact.document
    if not is_reopened and fact.facts["decisions"].get(decision_of(SignOff.model_validate(document)).key) is None:
        return
    data = MonthChanged(
        legal_entity=document["legal_entity"],
        period=document["period"],
        by=document["reopened_by" if is_reopened else "signed_by"],
        open_points=len(document.get("open_points", ())),
    )
    state = "reopened" if is_reopened else "closed"
    yield Happening(type_name("month", state), data.period, data.legal_entity, data)


def _balance(fact: StoredFact) -> Iterator[Happening]:
    """Tell that a balance is low where this change took it below what the policy declares."""
    (entity, account), entry = PartitionName.parse(fact.key.partition).parts, BalanceEntry.model_validate(fact.document)
    opening, balance = entry.change.opening, entry.change.after.amount
    threshold = _low_below(fact, fact.directory.policy(entity), entry) if balance.amount < opening.amount else None
    if threshold is not None and balance.amount < threshold.amount <= opening.amount:
        data = BalanceLow(
            legal_entity=entity, account=account, balance=balance, threshold=threshold, document=entry.document
        )
        yield Happening("balance.low.v1", account, entity, data)


def _low_below(fact: StoredFact, policy: Policy, entry: BalanceEntry) -> Money | None:
    """Return below what a balance is low: the declared amount, or the share of what was granted, if that is more."""
    currency = entry.change.opening.currency
    amount = policy.low_balance.get(currency)
    amounts = [] if amount is None else [Money(amount=amount, currency=currency)]
    if policy.low_balance_percent is not None:
        (entity, account), ordinal = PartitionName.parse(fact.key.partition).parts, entry.change.ordinal
        entries = Balances(fact.records).entries(entity, account, currency)
        whole = granted(past.change for past in entries if past.change.ordinal <= ordinal)
        share = CONTEXT.multiply(whole.amount if whole else Decimal(0), policy.low_balance_percent.scaleb(-2))
        amounts.append(Money.rounded(share, currency, Rounding.HALF_UP))
    return max(amounts, key=lambda money: money.amount, default=None)


def _contract(fact: StoredFact) -> Iterator[Happening]:
    contract = Contract.model_validate(PackedRecords(fact.records).get(fact.key))
    owner = owner_of(fact.directory, contract.account)
    data = ContractVersionTaken(
        legal_entity=owner, account=contract.account, contract=contract.id, version=contract.version
    )
    yield Happening("contract.version_taken.v1", contract.id, owner, data)


def owner_of(directory: Directory, account: str) -> str | None:
    """Return the legal entity of an account; None for what is no account."""
    known = directory.account(account) if is_name(account) else None
    return known.legal_entity if known else None


OF_KINDS: Mapping[str, Callable[[StoredFact], Iterator[Happening]]] = MappingProxyType(
    {
        HELD: _held,
        RELEASED: _released,
        POSTED: _after_release("posted"),
        DELIVERED: _after_release("delivered"),
        OPENED: _opened,
        DECIDED: _decided,
        "runs": _run("started"),
        CLOSED: _run("closed"),
        "signed-off": _month,
        "balance": _balance,
        "cash": _by_receipts,
        "contract": _contract,
    }
)
"""What the kinds of facts tell; other kinds are no change of state of theirs."""


def happenings_of_fact(
    key: Key, store: str, facts: Mapping[str, Records], directory: Directory, objects: Objects
) -> list[Happening]:
    """Return what a fact of a store tells; nothing where it was erased."""
    of_kind = OF_KINDS.get(kind_of_fact((key.partition, key.sort)))
    document = facts[store].get(key) if of_kind is not None and store in facts else None
    if of_kind is None or document is None:
        return []
    return list(of_kind(StoredFact(key, document, facts, store, directory, objects)))
