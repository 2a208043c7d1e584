"""What people decided about receipts: facts that only the functions of the API write.

    receipt-decisions#<entity>
        <receipt>#<digest>          what a person decided about a receipt, before it is done
    payers#<entity>
        <kind>#<digest>#<account>   whose money comes from a payer, as a person decided
        ...#forgotten               that was wrong: it is not known any more, and never will be

What takes payments in reads them. What it writes of a receipt names a person only where a decision here says the same.
"""

from billproof.ids import digest
from billproof.payments.cash import ReceiptState, ReceiptUse
from billproof.payments.decisions import GONE_BACK, NotedDecision, ReceiptVerdict
from billproof.payments.model import Payer, Remembered, UseKind
from billproof.ports import Key, Record, Records
from billproof.store_keys import partition_name, sort_key

FORGOTTEN = "forgotten"
FILLERS = frozenset({"NOTPROVIDED", "NONREF", "UNKNOWN", "NA", "NOTAVAILABLE"})
"""What banks write where they know no name and no account: it is everybody's."""


class ReceiptDecisions:
    """People's decisions about receipts, over records."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def note(self, decision: NotedDecision) -> None:
        """Keep what a person decided; again changes nothing."""
        document = decision.model_dump(mode="json")
        name = digest(document)[:32]
        key = Key(partition_name("receipt-decisions", decision.legal_entity), sort_key(decision.receipt, name))
        self._records.create(Record(key, document))

    def of(self, entity: str, receipt: str) -> list[NotedDecision]:
        """Return what people decided about a receipt."""
        records = self._records.query(partition_name("receipt-decisions", entity), prefix=sort_key(receipt, ""))
        return [NotedDecision.model_validate(record.document) for record in records]

    def undecided(self, state: ReceiptState) -> list[ReceiptUse]:
        """Return what happened to a receipt in a person's name, and nobody decided."""
        named = [use for use in state.uses if use.decided_by]
        if not named:
            return []
        decisions = self.of(state.receipt.legal_entity, state.receipt.id)
        return [use for use in named if not any(_is_of(use, decision) for decision in decisions)]

    def remember(self, entity: str, remembered: Remembered) -> None:
        """Keep whose money comes from a payer; again changes nothing, and what says nobody's name is not kept."""
        if not _letters_of(remembered.value):
            return
        name = sort_key(remembered.kind, payer_digest(remembered.value), remembered.account)
        document = {**remembered.model_dump(mode="json"), "value": payer_digest(remembered.value)}
        self._records.create(Record(Key(_payers_partition(entity), name), document))

    def forget(self, entity: str, remembered: Remembered) -> None:
        """Note that a payer's money is not an account's, whatever a person decided before; again changes nothing."""
        name = sort_key(remembered.kind, payer_digest(remembered.value), remembered.account, FORGOTTEN)
        self._records.create(Record(Key(_payers_partition(entity), name), {FORGOTTEN: remembered.account}))

    def remembered(self, entity: str, payer: Payer) -> frozenset[str]:
        """Return the accounts whose money came from a payer's bank account, or else from its name, before."""
        for kind, value in (("iban", payer.account), ("name", payer.name)):
            if value and _letters_of(value):
                prefix = sort_key(kind, payer_digest(value), "")
                known = [record.document for record in self._records.query(_payers_partition(entity), prefix=prefix)]
                forgotten = {document[FORGOTTEN] for document in known if FORGOTTEN in document}
                accounts = {document["account"] for document in known if FORGOTTEN not in document} - forgotten
                if accounts:
                    return frozenset(accounts)
        return frozenset()


def _is_of(use: ReceiptUse, decision: NotedDecision) -> bool:
    """Say whether a decision is why something happened to a receipt, and says what happened."""
    if (use.decided_by, use.reason) != (decision.decided_by, decision.reason):
        return False
    if use.kind is UseKind.REVERSED:
        return decision.verdict is ReceiptVerdict.REVERSED or decision.verdict in GONE_BACK
    if use.kind.value != decision.verdict.value:
        return False
    if use.amount is not None:
        return abs(use.amount.amount) == decision.amount  # below zero where a gateway took more than was paid
    allocations = use.match.allocations if use.match is not None else ()
    paid = [(one.number, one.spent.amount) for one in allocations]
    return use.account == decision.account and paid == [(one.number, one.amount) for one in decision.pays]


def _payers_partition(entity: str) -> str:
    return partition_name("payers", entity)


def payer_digest(value: str) -> str:
    """Name a payer without saying who it is; nothing for what names nobody."""
    letters = _letters_of(value)
    return digest(letters)[:32] if letters else ""


def _letters_of(value: str) -> str:
    """Return letters and digits alone, in capitals; nothing of what names nobody: signs, noughts, banks' fillers."""
    letters = "".join(character for character in value.upper() if character.isalnum())
    return "" if letters in FILLERS or not letters.strip("0") else letters
