"""Legal entities, accounts, meters and contracts from the CRM to the directory."""

from billproof.composition import Composition
from billproof.contracts.history import Receipt
from billproof.handlers import ReceivedMessage, each_message
from billproof.masterdata.service import Synced, sync_contract
from billproof.periods import instant_text


@each_message
def handler(received: ReceivedMessage, ports: Composition) -> Synced:
    """Keep the version that one message carries, and who sent it."""
    receipt = Receipt(received_at=instant_text(ports.now()), sender=received.sender)
    return sync_contract(received.body, directory=ports.directory, receipt=receipt)
