"""What CRMs hint at: orders are read, and become contracts or wait."""

from billproof.composition import Composition
from billproof.crm.hints import read_crm_message
from billproof.crm.syncing import CrmTaken, take_crm_message
from billproof.handlers import ReceivedMessage, count, each_message


@each_message
def handler(received: ReceivedMessage, ports: Composition) -> CrmTaken:
    """Look at the orders that one message hints at."""
    taken = take_crm_message(read_crm_message(received.body), ports.crm_sources(sender=received.sender))
    count("OrdersWaiting", taken.waiting + taken.drifted)
    return taken
