"""What hands may do to the systems around billproof: the bank, the ERP, the stores, and people who ask and approve."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import msgspec

from billproof.adapters.ledger.embedded import EmbeddedLedger
from billproof.approvals.model import Decision, Verdict
from billproof.approvals.policy import Policy
from billproof.approvals.publishing import confirm_policy, publish_policy
from billproof.contracts.model import Contract
from billproof.errors import BillproofError
from billproof.invoicing.model import Released
from billproof.ledger.model import JournalEntry
from billproof.ports import Document, Key
from billproof_ops.local.people import local_identity
from lab.bank import Bank
from lab.company import ENTITY
from lab.scene import Scene
from tests.support.fakes import MemoryRecords
from tests.support.world import World


class Hands:
    """The part of a stage that injectors reach into; what billproof refuses is kept, with its code."""

    world: World
    scene: Scene
    bank: Bank
    lost_postings: set[str]
    refusals: list[str]

    def released(self, account: str, month: str) -> Released | None:
        """Return the release of the invoice of an account and month, or None."""
        return self.world.register.released(f"{ENTITY}.{month}.{account}")

    def number(self, account: str, month: str) -> str:
        """Return the number of the released invoice of an account and month; empty where there is none."""
        released = self.released(account, month)
        return released.number if released else ""

    def gross(self, account: str, month: str) -> Decimal:
        """Return what an account was billed for a month, tax included."""
        released = self.released(account, month)
        return released.document.worth.amount.amount if released else Decimal(0)

    def amend(self, versions: list[dict[str, Any]]) -> None:
        """Let versions of a contract be signed in the CRM and published; the CRM holds the last one."""
        latest = versions[-1]
        self.world.publish(*map(Contract.model_validate, versions))
        kept = [one for one in self.scene.signed if one["account"] != latest["account"]]
        self.scene.signed = [*kept, latest]

    def share_of(self, account: str, month: str, share: Decimal) -> Decimal:
        """Return a share of an invoice in whole cents."""
        return (self.gross(account, month) * share).quantize(Decimal("0.01"))

    def pay_out(self, account: str, month: str, share: Decimal) -> None:
        """Let the bank pay a share of an invoice back to its customer."""
        if self.released(account, month) is not None:
            number, paid = self.number(account, month), self.share_of(account, month, share)
            self.bank.leaves(account, number, paid, self.world.now().date())

    def change_posting(self, account: str, month: str, change: Callable[[Document], list[Document]]) -> None:
        """Let the ERP hold something else in place of the posting of an invoice."""
        ledger = self.world.records["ledger"].items
        reference = self.number(account, month)
        for key in [key for key in ledger if key.sort == reference and key.partition.startswith("documents#")]:
            self._replace(key, change(ledger[key]))

    def _replace(self, key: Key, entries: list[Document]) -> None:
        ledger = self.world.records["ledger"].items
        del ledger[key]
        for place in [one for one in ledger if one.sort == key.sort and one.partition.startswith("journal#")]:
            del ledger[place]
        for entry in entries:
            ledger.update(_as_posted(entry))

    def lose_postings(self, accounts: Iterable[str], month: str) -> None:
        """Let the messages that would post some invoices be lost."""
        self.lost_postings |= {f"{ENTITY}.{month}.{account}" for account in accounts}

    def exchange_document(self, account: str, month: str, factor: Decimal) -> None:
        """Let the stored document of an invoice say less than it was released with."""
        released = self.world.register.released(f"{ENTITY}.{month}.{account}")
        if released is not None:
            items = self.world.objects.items
            document = msgspec.json.decode(items[released.document.key])
            totals = document["totals"]
            for name in ("net", "tax", "gross"):
                totals[name]["amount"] = str((Decimal(totals[name]["amount"]) * factor).quantize(Decimal("0.01")))
            items[released.document.key] = msgspec.json.encode(document)

    def remove_release(self, account: str, month: str) -> None:
        """Let the facts of an invoice be gone."""
        items = self.world.records["invoices"].items
        for key in [key for key in items if f"{account}#" in key.sort and month in key.partition]:
            del items[key]

    def lose_statement(self, names: set[str]) -> None:
        """Let what some customers paid be booked by the bank in a statement that never arrives."""
        kept = [entry for entry in self.bank.entries if entry.name not in names]
        self.bank.entries = [entry for entry in self.bank.entries if entry.name in names]
        self.bank.statement(self.world.now().date())
        self.bank.entries = kept
        self.bank.postpone()

    def repeat_statement(self) -> None:
        """Let the bank send its next statement twice."""
        self.bank.repeats = True

    def _receipts(self, accounts: list[str], month: str) -> set[str]:
        invoices = {f"{ENTITY}.{month}.{account}" for account in accounts}
        return {
            state.receipt.id
            for state in self.world.cash_book.received(ENTITY)
            if any(part.allocation.document in invoices for use in state.applications for part in use.settlements)
        }

    def receipts_that_name(self, texts: set[str]) -> set[str]:
        """Return the receipts whose payer or text is one of some, or names it."""
        return {
            state.receipt.id
            for state in self.world.cash_book.received(ENTITY)
            if any(text in f"{state.receipt.payer.name} {state.receipt.remittance}" for text in texts)
        }

    def lose_cash_entries(self, accounts: list[str], month: str) -> None:
        """Let the ERP lose what it holds of receipts."""
        receipts = self._receipts(accounts, month)
        ledger = self.world.records["ledger"].items
        for key in [key for key in ledger if any(receipt in key.sort for receipt in receipts)]:
            del ledger[key]

    def remove_receipts(self, accounts: list[str], month: str) -> None:
        """Let the facts of receipts be gone."""
        gone = self._receipts(accounts, month)
        items = self.world.records["payments"].items
        for key in [key for key in items if any(reference in f"{key.partition} {key.sort}" for reference in gone)]:
            del items[key]

    def credit(
        self, account: str, month: str, share: Decimal, request: str, *, by: str, approved_by: str, **more: Any
    ) -> None:
        """Let somebody ask for a credit note, and somebody approve it."""
        forged, note = more.pop("forged", False), more.pop("note", "agreed with the customer")
        invoice = f"{ENTITY}.{month}.{account}"
        lines = [
            {"line": line.priced.id, "amount": _part(line.priced.net.amount, share)}
            for line in self.world.invoice(invoice).lines
            if line.priced.net.amount > 0
        ]
        try:
            wanted = self.world.credit(invoice, request, requested_by=by, note=note, lines=lines)
            if forged:
                self._forge(wanted.exception)
            else:
                answer = self.world.decide(wanted.exception, "approved", approved_by)
                if answer.refusal is not None:
                    self.refusals.append(answer.refusal.value)
                    return
            self.world.apply(wanted.exception)
            self.world.post(wanted.document)
        except (BillproofError, ValueError) as error:
            self.refusals.append(getattr(error, "code", "invalid_input"))

    def _forge(self, exception: str) -> None:
        """Write a decision into the store, below everything that looks at who decides."""
        decision = Decision(
            exception=exception,
            verdict=Verdict.APPROVED,
            decided_by="ben",
            decided_at="2013-03-05T00:00:00Z",
            reason="agreed",
            policy_version=1,
            identity=local_identity("ben"),
        )
        entity, period, subject, ordinal = exception.split(".")
        key = Key(f"exceptions#{entity}#{period}", f"{subject}#{ordinal}#decided")
        self.world.records["decisions"].items[key] = decision.model_dump(mode="json")

    def raise_limits(self, limit: Decimal, by: str) -> None:
        """Let one person publish limits of their own, and confirm them."""
        policy = self.world.directory.policy(ENTITY).model_dump(mode="json")
        policy["version"] += 1
        for role in policy["roles"]:
            role["limits"] = {"USD": str(limit)}
        try:
            caller, now = local_identity(by), self.world.now()
            publish_policy(Policy.model_validate(policy), caller=caller, directory=self.world.directory, now=now)
            confirm_policy(
                legal_entity=ENTITY, version=policy["version"], caller=caller, policies=self.world.policies, now=now
            )
        except BillproofError as error:
            self.refusals.append(error.code)


def _part(amount: Decimal, share: Decimal) -> str:
    return str((amount * share).quantize(Decimal("0.01")))


def _as_posted(entry: Document) -> dict[Key, Document]:
    """Return the items by which the embedded ledger holds an entry."""
    records = MemoryRecords()
    EmbeddedLedger(records).post(JournalEntry.model_validate(entry))
    return records.items
