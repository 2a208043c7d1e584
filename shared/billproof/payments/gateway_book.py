"""Where it is kept what gateways told: facts that are added and never edited.

gateway#<entity>#<source>
    <movement>/<reference>              a movement of the gateway's balance
    <movement>/<reference>#settled      the payout that settles it: one only
    payout/<reference>#found            the receipt of the bank that is the payout: one only
gateway-months#<entity>#<source>
    <month>#<movement>/<reference>      a movement that is dated in the month
gateway-charge#<entity>#<source>#<charge>
    <movement>/<reference>              a refund or dispute of a charge, before or after the charge is told
payout#<entity>#<source>#<payout>
    <movement>/<reference>              a movement that a payout settles
payout-days#<entity>#<source>
    <day>#<payout>                      a payout that arrives at the bank on the day
payout-credits#<entity>#<source>
    <day>#<receipt>                     what arrived at the bank and is the gateway's
"""

import re
from collections.abc import Iterator
from datetime import date

from billproof.errors import Conflict
from billproof.escaping import escape
from billproof.masterdata.gateways import MovementOfGateway
from billproof.payments.gateway_model import GatewayMovement, movement_name
from billproof.payments.model import CashReceipt
from billproof.periods import month_names
from billproof.ports import Key, Record, Records
from billproof.store_keys import FactKey, partition_name, sort_key

SETTLED, FOUND = "settled", "found"
_SEPARATORS = re.compile("[%#/]")


class GatewayBook:
    """What gateways content, over records."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def keep(self, movement: GatewayMovement) -> GatewayMovement:
        """Keep a movement and which payout settles it, and return it as it was told first; again it changes nothing.

        Raises Conflict where the gateway told something else under the same reference, or names another payout. Another
        name or text is nothing else: who is asked later may say it in other words.
        """
        entity, source, content = movement.legal_entity, movement.source, movement.content
        name = _name(movement.movement, movement.reference)
        document = {"movement": content.model_dump(mode="json")}
        records = [
            Record(Key(_partition(entity, source), name), content.model_dump(mode="json")),
            Record(Key(_months(entity, source), sort_key(f"{content.booked_on:%Y-%m}", name)), document),
        ]
        if content.original is not None:
            records.append(Record(Key(_of_charge(entity, source, content.original), name), document))
        if content.movement is MovementOfGateway.PAYOUT:
            days = partition_name("payout-days", entity, source)
            records.append(
                Record(
                    Key(days, sort_key(content.booked_on.isoformat(), escape(content.reference, _SEPARATORS))), document
                )
            )
        if not self._records.create_all(records):
            known = self.find(entity, source, content.movement, content.reference)
            if known is None or not known.moves_as(content):
                message = f"{content.id} came before as another one: the gateway gave one reference to two movements"
                raise Conflict(message)
            content = known
        if movement.payout is not None:
            self._settle(content, name, movement.payout)
        return content

    def _settle(self, movement: GatewayMovement, name: str, payout: str) -> None:
        entity, source = movement.legal_entity, movement.source
        settled = Key(_partition(entity, source), str(FactKey(name, SETTLED)))
        item = Key(_items(entity, source, payout), name)
        document = {"movement": movement.model_dump(mode="json")}
        if not self._records.create_all([Record(settled, {"payout": payout}), Record(item, document)]):
            known = self._records.get(settled)
            if known != {"payout": payout}:
                message = f"{movement.id} is part of another payout: one payout settles a movement"
                raise Conflict(message)

    def find(self, entity: str, source: str, movement: MovementOfGateway, reference: str) -> GatewayMovement | None:
        """Return a movement as it was content first, or None."""
        stored = self._records.get(Key(_partition(entity, source), _name(movement, reference)))
        return None if stored is None else GatewayMovement.model_validate(stored)

    def of_month(self, entity: str, source: str, month: str) -> Iterator[GatewayMovement]:
        """Yield the movements that are dated in a month; all of them where the month is empty."""
        prefix = sort_key(month, "") if month else ""
        return self._movements(_months(entity, source), prefix)

    def of_charge(self, entity: str, source: str, charge: str) -> list[GatewayMovement]:
        """Return the refunds and disputes of a charge: a dispute comes before what became of it."""
        of_charge = list(self._movements(_of_charge(entity, source, charge)))
        order = list(MovementOfGateway)
        return sorted(of_charge, key=lambda one: (order.index(one.movement), one.booked_on, one.reference))

    def items(self, entity: str, source: str, payout: str) -> list[GatewayMovement]:
        """Return what a payout settles."""
        return list(self._movements(_items(entity, source, payout)))

    def payouts(self, entity: str, source: str, month: str = "") -> list[GatewayMovement]:
        """Return the payouts by the days on which they arrive, of a month or all."""
        return list(self._movements(partition_name("payout-days", entity, source), month))

    def _movements(self, partition: str, prefix: str = "") -> Iterator[GatewayMovement]:
        for record in self._records.query(partition, prefix=prefix):
            yield GatewayMovement.model_validate(record.document["movement"])

    def receipt_of_payout(self, entity: str, source: str, payout: str) -> str | None:
        """Return the receipt of the bank that is a payout, or None."""
        fact = self._records.get(found_key(entity, source, payout))
        return None if fact is None else str(fact["receipt"])

    def credit(self, entity: str, source: str, receipt: CashReceipt) -> None:
        """Note that what arrived at the bank is a gateway's; again changes nothing."""
        key = Key(_credits(entity, source), sort_key(receipt.booked_on.isoformat(), receipt.id))
        self._records.create(Record(key, {"receipt": receipt.id}))

    def credits(self, entity: str, source: str, *, first: date, last: date) -> list[str]:
        """Return the receipts of the bank that are a gateway's, from a day to a day, by their days."""
        place = _credits(entity, source)
        records = [record for month in month_names(first, last) for record in self._records.query(place, prefix=month)]
        days = (first.isoformat(), FactKey(last.isoformat()).after_all)
        return [str(record.document["receipt"]) for record in records if days[0] <= record.key.sort <= days[1]]


def found_key(entity: str, source: str, payout: str) -> Key:
    """Return where it is kept which receipt of the bank is a payout."""
    name = _name(MovementOfGateway.PAYOUT, payout)
    return Key(_partition(entity, source), str(FactKey(name, FOUND)))


def _name(movement: MovementOfGateway, reference: str) -> str:
    return movement_name(movement.value, reference)


def _partition(entity: str, source: str) -> str:
    return partition_name("gateway", entity, source)


def _months(entity: str, source: str) -> str:
    return partition_name("gateway-months", entity, source)


def _of_charge(entity: str, source: str, charge: str) -> str:
    return partition_name("gateway-charge", entity, source, escape(charge, _SEPARATORS))


def _items(entity: str, source: str, payout: str) -> str:
    return partition_name("payout", entity, source, escape(payout, _SEPARATORS))


def _credits(entity: str, source: str) -> str:
    return partition_name("payout-credits", entity, source)
