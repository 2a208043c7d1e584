"""Whether billing is what the CRM says: `contract_drift`, with an amount, and the CRM's state that runs compare."""

from dataclasses import dataclass, replace

from billproof.contracts.crm_mappings import CrmMapping
from billproof.contracts.model import Contract
from billproof.crm.comparing import amount_between, as_version, latest_of, stated_amount
from billproof.crm.customers import Customers
from billproof.crm.mapping import Missing
from billproof.crm.waiting import CrmExceptions, WaitingOrder
from billproof.errors import Conflict, Contended, NotFound
from billproof.findings import Finding, Owner, Severity
from billproof.masterdata.directory import AccountRecord, Directory
from billproof.masterdata.model import CrmState
from billproof.money import Money
from billproof.retrying import attempts

DRIFT = "contract_drift"
UNMAPPED = "contract_unmapped"
MOST_TRIES = 5


def finding_of(missing: Missing, waiting: WaitingOrder, mapping: CrmMapping) -> Finding:
    """Tell what an order waits for: the mapping that lacks it, who owns that, and the money at risk."""
    return Finding(
        code=f"{UNMAPPED}_{missing.part}",
        severity=Severity.BLOCKING,
        account="",
        path=f"{waiting.system}:{waiting.record}/{missing.place}",
        message=f"{missing.message} ({mapping.name})",
        remedy=f"ask {mapping.owner} to publish a version of the mapping {mapping.id} that knows it, or to correct the "
        f"order; then billproof contract sync {mapping.id} {waiting.record}",
        owner=Owner.BILLING,
        amount_at_risk=missing.amount,
    )


@dataclass(frozen=True, slots=True)
class Checks:
    """Compares the orders of one CRM with billing."""

    customers: Customers
    directory: Directory
    exceptions: CrmExceptions

    @property
    def mapping(self) -> CrmMapping:
        """The mapping of the CRM."""
        return self.customers.mapping

    def waits_for_mapping(self, waiting: WaitingOrder) -> bool:
        """Say whether an order waits, undecided, for something that the mapping did not know when it was told."""
        return any(self.exceptions.waits_for(UNMAPPED, place) for place in self._places(waiting))

    def agree(self, waiting: WaitingOrder, billed: Contract, account: AccountRecord) -> None:
        """Note that an order and its contract agree, and end what it waited for."""
        self._note(billed, billed.terms_digest, account)
        reason = f"the order is version {billed.version} of contract {billed.id}"
        for place in (*self._places(waiting), self._of_contract(billed, account)):
            self.exceptions.end(place, reason)

    def differ(self, waiting: WaitingOrder, stated: Contract, billed: Contract | None, account: AccountRecord) -> bool:
        """Note that an order is not what is billed, and let it wait; False where a person decided that before."""
        amount = stated_amount(stated) if billed is None else amount_between(stated, billed)
        if billed is None:
            said = f"order {stated.id} is signed in {self.mapping.id}, and there is no contract of it"
        else:
            self._note(billed, as_version(stated, billed.version).terms_digest, account)
            said = f"contract {stated.id} has other terms in {self.mapping.id} than version {billed.version} in billing"
        finding = self._drift(waiting, stated.account, said, amount)
        return self.exceptions.wait(waiting, [finding], amount=amount) is not None

    def withdrawn(self, waiting: WaitingOrder, billed: Contract) -> Finding:
        """Return the finding of an order that is not signed any more, though its contract is billed."""
        said = f"contract {billed.id} is billed, and its order is no longer signed in {self.mapping.id}"
        return self._drift(waiting, billed.account, said, stated_amount(billed))

    def find_unlisted(self, numbers: set[str]) -> int:
        """Find contracts of this CRM's customers that no order stands behind; return how many wait."""
        waiting = 0
        for name in self.customers.accounts:
            try:
                account = self.directory.account_record(name)
            except NotFound:
                continue
            for contract in sorted({one.id for one in account.contracts}):
                number = contract.removeprefix(self.mapping.contract_prefix)
                billed = latest_of(contract, account.contracts)
                if billed is None or number == contract or number in numbers:
                    continue
                amount = stated_amount(billed)
                order = self._of_contract(billed, account)
                said = f"contract {contract} is billed, and {self.mapping.id} has no such order"
                waiting += (
                    self.exceptions.wait(order, [self._drift(order, name, said, amount)], amount=amount) is not None
                )
        return waiting

    def _places(self, waiting: WaitingOrder) -> list[WaitingOrder]:
        """Return where an order waits: at the mapping's legal entity, too, while its customer was not known."""
        entities = dict.fromkeys([waiting.legal_entity, self.mapping.legal_entity])
        return [replace(waiting, legal_entity=entity) for entity in entities]

    def _of_contract(self, billed: Contract, account: AccountRecord) -> WaitingOrder:
        first = min(
            (one for one in account.contracts if one.id == billed.id), key=lambda one: one.version, default=billed
        )
        entity = account.account.legal_entity
        return WaitingOrder(entity, self.mapping.id, f"contract {billed.id}", first.effective.start)

    def _drift(self, waiting: WaitingOrder, account: str, said: str, amount: Money | None) -> Finding:
        return Finding(
            code=DRIFT,
            severity=Severity.BLOCKING,
            account=account,
            path=f"{waiting.system}:{waiting.record}",
            message=said,
            remedy=f"where the CRM is right: billproof contract sync {self.mapping.id} {waiting.record}; where billing "
            "is right: correct the order, or approve",
            owner=Owner.BILLING,
            amount_at_risk=amount,
        )

    def _note(self, billed: Contract, terms_digest: str, account: AccountRecord) -> None:
        """Keep what the CRM says of a contract, where that is news; raises Contended."""
        for _ in attempts(MOST_TRIES):
            if self._noted(billed, terms_digest, account):
                return
            account = self.directory.account_record(billed.account)
        message = f"others kept noting the CRM's state of contract {billed.id}"
        raise Contended(message)

    def _noted(self, billed: Contract, terms_digest: str, account: AccountRecord) -> bool:
        last = next((state for state in account.crm if state.id == billed.id), None)
        if last is not None and (last.contract_version, last.terms_digest) == (billed.version, terms_digest):
            return True
        state = CrmState(
            id=billed.id,
            account=billed.account,
            version=last.version + 1 if last else 1,
            contract_version=billed.version,
            terms_digest=terms_digest,
        )
        try:
            self.directory.add(state)
        except Conflict:
            return False
        return True
