"""Legal entities, accounts, meters and contracts from the CRM to the directory."""

from billproof.aws.handlers import Delivery, each_message
from billproof.aws.ports import Ports
from billproof.contracts.directory import Receipt
from billproof.contracts.service import Synced, sync_contract
from billproof.periods import instant_text


@each_message
def handler(delivery: Delivery, ports: Ports) -> Synced:
    """Keep the version that one message carries, and who sent it."""
    receipt = Receipt(received_at=instant_text(ports.now()), sender=delivery.sender)
    return sync_contract(delivery.body, directory=ports.directory, receipt=receipt)
