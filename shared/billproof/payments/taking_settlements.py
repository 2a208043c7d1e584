"""Taking a gateway's settlement report in: all of it is read and checked, then each movement is sent on.

    read and check | send a message for each movement
                   ^ refused: nothing is sent   ^ died: all is sent again, and each is the same one

A gateway, or who fetches its reports, puts them where banks put theirs, under the gateway's name:
`bank-statements/skymeter-inc/gateway=cards/2013-02.csv`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from billproof.errors import InvalidInput, Unreadable
from billproof.ids import canonical_json
from billproof.masterdata.directory import Directory
from billproof.masterdata.gateways import GatewayAccount
from billproof.payments.gateway_model import GatewayMovement, GatewayTold
from billproof.payments.taking_statements import BankFile, FileOutcome, TakenFile
from billproof.ports import Queue

type ReadSettlement = Callable[[bytes, str, GatewayAccount], list[GatewayMovement]]
"""Reads every movement of a report of a legal entity's gateway; raises InvalidInput for one that is not sound."""


@dataclass(frozen=True)
class SettlementSources:
    """What taking settlement reports in reads and writes."""

    directory: Directory
    events: Queue
    read: ReadSettlement


def read_settlement(file: BankFile, *, directory: Directory, read: ReadSettlement) -> list[GatewayMovement]:
    """Return the movements of a report, of which nothing is wrong; nothing is sent.

    Raises Unreadable for a report that is not sound, NotFound for an unknown legal entity, and InvalidInput where it
    has no such gateway, or the report is in another currency than that.
    """
    entity = directory.legal_entity(file.legal_entity)
    gateway = entity.gateway(file.gateway)
    try:
        movements = read(file.data, entity.id, gateway)
    except InvalidInput as error:
        raise Unreadable(error.message, **error.details) from None
    for movement in movements:
        if movement.amount.currency != entity.currency:
            message = f"the gateway's account is in {entity.currency}, and the report in {movement.amount.currency}"
            raise InvalidInput(message)
    return movements


def take_settlement(file: BankFile, *, sources: SettlementSources) -> TakenFile:
    """Send every movement of a report on; the same report again changes nothing. Raises as read_settlement does."""
    movements = read_settlement(file, directory=sources.directory, read=sources.read)
    events = (GatewayTold(kind="gateway", movement=movement) for movement in movements)
    sources.events.send(canonical_json(one.model_dump(mode="json")).decode() for one in events)
    return TakenFile(outcome=FileOutcome.TAKEN, legal_entity=file.legal_entity, movements=len(movements))
