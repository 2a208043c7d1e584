"""Paying refunds through the gateway that took the money: what credit notes say is due, once, and never more.

    due of a charge | what the gateway refunded of it already, told of or not --> the rest is refunded
                    ^ asked each time: an answer that was lost is found there  ^ under a key of what was there before

Nothing is kept of it here: what a gateway refunded it tells of, and until then it is asked. So a call that died is
repeated, and two calls at once come to one refund.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from billproof.errors import ExternalServiceUnavailable, InvalidInput
from billproof.ids import digest
from billproof.masterdata.gateways import GatewayAccount
from billproof.masterdata.parties import LegalEntity
from billproof.model import Model
from billproof.money import Money
from billproof.payments.gateway_balance import BalanceChanged, take_event
from billproof.payments.model import Channel
from billproof.payments.receivables import Receivables
from billproof.payments.refunds_due import RefundOfReceipt, refunds_due
from billproof.ports import Queue
from billproof.time_shares import in_shares

MOST_TIME = timedelta(minutes=12)
"""How long a call goes on; what is left is due at the next one, too, which begins with other accounts."""


class GatewayRefund(NamedTuple):
    """A refund as a gateway has it: `transaction` is what it did to the balance, None while that is not known."""

    reference: str
    amount: Money
    transaction: str | None


class RefundOrder(NamedTuple):
    """What is to be refunded of a charge, for which invoice, and under which key: again under that it is one refund."""

    charge: str
    amount: Money
    number: str
    key: str


class GatewayRefunds(Protocol):
    """Gateways that can be told to refund. Each call raises ExternalServiceUnavailable where they do not answer."""

    def is_charge(self, reference: str) -> bool:
        """Say whether this names a charge, as opposed to what a dispute or a refund that failed gave back."""

    def refunds_of(
        self, charge: str, currency: str, entity: LegalEntity, gateway: GatewayAccount
    ) -> Sequence[GatewayRefund]:
        """Return the refunds of a charge that were not canceled; raises InvalidInput for one in another currency."""

    def refund(self, order: RefundOrder, entity: LegalEntity, gateway: GatewayAccount) -> GatewayRefund:
        """Refund a part of a charge, once under a key; raises InvalidInput where the gateway refuses it."""


@dataclass(frozen=True)
class RefundSources:
    """What paying refunds of a legal entity reads, and through whom."""

    entity: LegalEntity
    receivables: Receivables
    refunds: GatewayRefunds
    events: Queue
    clock: Callable[[], datetime]


class PaidRefunds(Model):
    """How many refunds were started for a legal entity, how many its gateways refused, and which did not answer.

    `is_whole` says whether there was time for all accounts: else the next day begins with others.
    """

    legal_entity: str
    paid: int = 0
    refused: int = 0
    unanswered: tuple[str, ...] = ()
    is_whole: bool = True


def pay_all_refunds(
    entities: Sequence[str], sources: Callable[[str], RefundSources], clock: Callable[[], datetime]
) -> list[PaidRefunds]:
    """Refund what is due of each legal entity; each has its share of the time. Raises as work_apart does."""

    def work(entity: str, until: datetime) -> PaidRefunds:
        return pay_refunds(sources(entity), until=until)

    return in_shares(entities, work, clock=clock, most=MOST_TIME)


def pay_refunds(sources: RefundSources, *, until: datetime) -> PaidRefunds:
    """Refund what is due of charges whose gateway pays refunds; again it refunds nothing more.

    What is due of other receipts, such as those of a bank, is left to people, as is what a gateway refuses. One that
    does not answer is not asked again, and named.
    """
    gateways = {gateway.source: gateway for gateway in sources.entity.gateways if gateway.pays_refunds}
    counts, unanswered = Counter[str](), dict[str, None]()
    charges, is_whole = Charges(sources), True
    today = sources.clock().toordinal()
    for due in refunds_due(sources.receivables, first=today) if gateways else ():
        if sources.clock() >= until:
            is_whole = False
            break
        for way in due.of_receipts:
            gateway = gateways.get(way.source)
            if gateway is None or way.source in unanswered or not charges.is_charge(way):
                continue
            try:
                counts["paid"] += charges.pay(way, due.number, gateway)
            except InvalidInput:
                counts["refused"] += 1
            except ExternalServiceUnavailable:
                unanswered[way.source] = None
    return PaidRefunds(legal_entity=sources.entity.id, unanswered=tuple(unanswered), is_whole=is_whole, **counts)


class Charges:
    """Charges of which something is due, and what their gateways refunded of them that the books do not have."""

    def __init__(self, sources: RefundSources) -> None:
        self._sources = sources
        self._on_the_way: dict[str, Money] = {}
        self._refunded: dict[str, Money] = {}

    def is_charge(self, way: RefundOfReceipt) -> bool:
        """Say whether a receipt is a charge of a gateway: what else came by it is for people."""
        return way.channel is Channel.GATEWAY and self._sources.refunds.is_charge(way.reference)

    def pay(self, way: RefundOfReceipt, number: str, gateway: GatewayAccount) -> bool:
        """Refund what is due of a charge and not on the way yet; False where that is nothing."""
        charge, currency = way.reference, way.amount.currency
        if charge not in self._on_the_way:
            self._look_up(way, gateway)
        before, known = self._refunded[charge], self._on_the_way[charge]
        counted = min(known, way.amount, key=lambda money: money.amount)
        self._on_the_way[charge] = known - counted
        left = way.amount - counted
        if left.is_zero:
            return False
        order = RefundOrder(charge=charge, amount=left, number=number, key=digest([charge, before.text, currency]))
        refund = self._sources.refunds.refund(order, self._sources.entity, gateway)
        self._refunded[charge] = before + left
        self._tell([refund], gateway)
        return True

    def _look_up(self, way: RefundOfReceipt, gateway: GatewayAccount) -> None:
        """Ask the gateway for its refunds of a charge; tell the books of those that they do not have."""
        charge, nothing = way.reference, Money.zero(way.amount.currency)
        known = self._sources.refunds.refunds_of(charge, nothing.currency, self._sources.entity, gateway)
        self._refunded[charge] = nothing.plus(refund.amount for refund in known)
        # By the same reading of the receipt as what is due: what the books take in meanwhile must not count twice.
        on_the_way = self._refunded[charge] - (way.refunded - way.refunded_by_people)
        self._on_the_way[charge] = max(on_the_way, nothing, key=lambda money: money.amount)
        if not self._on_the_way[charge].is_zero:
            self._tell(known, gateway)

    def _tell(self, refunds: Sequence[GatewayRefund], gateway: GatewayAccount) -> None:
        """Have the gateway asked what refunds did to its balance; an event of it may have done so already."""
        entity = self._sources.entity.id
        changes = [
            BalanceChanged(kind="balance", legal_entity=entity, source=gateway.source, transactions=(one.transaction,))
            for one in refunds
            if one.transaction is not None
        ]
        take_event(entity, changes, events=self._sources.events)
