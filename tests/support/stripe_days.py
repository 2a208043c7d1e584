"""What happens at Stripe in some days, and what the books say in the end."""

from typing import Any

from billproof.payments.settlement import gateway_balance
from billproof.receivables.disputes import CreditOutcomes
from tests.support.balances import FEB, JAN
from tests.support.cash import number_of, open_of
from tests.support.gateways import CARDS, on_accounts
from tests.support.stripe_side import StripeSide
from tests.support.world import INC

type Event = dict[str, Any]


def charged(side: StripeSide, name: str = "ch_1", month: str = JAN) -> Event:
    """A customer pays an invoice of 30.00 by card, and says which in the metadata; Stripe keeps 1.17."""
    return side.account.charge(name, 3000, fee=117, metadata={"invoice": number_of(side.world, month)})


def everything(side: StripeSide) -> list[Event]:
    """Two charges, of one a part refunded, the other disputed and won, and a payout of all that."""
    account = side.account
    events = [charged(side), charged(side, "ch_2", FEB), account.refund("re_1", "ch_1", 1000)]
    events += [account.dispute("dp_1", "ch_2", 3000), *account.wins("dp_1")]
    return [*events, *account.payout("po_1")]


def end_of(side: StripeSide) -> object:
    entity = side.world.directory.legal_entity(INC)
    balance = gateway_balance(entity.gateway(CARDS), entity, side.world.gateway_book)
    opens = [open_of(side.world, month) for month in (JAN, FEB)]
    disputes = [dispute.status(CreditOutcomes()) for dispute in side.world.dispute_book.of_account(INC, "UA")]
    return balance, on_accounts(side.world), opens, disputes
