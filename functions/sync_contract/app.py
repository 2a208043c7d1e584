"""Legal entities, accounts, meters and contracts from the CRM to the directory."""

from billproof.aws.handlers import each_message
from billproof.aws.ports import Ports
from billproof.contracts.service import Synced, sync_contract


@each_message
def handler(body: str, ports: Ports) -> Synced:
    """Keep the version that one message carries."""
    return sync_contract(body, directory=ports.directory)
