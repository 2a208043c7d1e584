"""A customer that disputes an invoice of January."""

from datetime import date
from typing import Any

from billproof.receivables.dispute_notes import DisputeAnswer, WantedDispute
from billproof.receivables.disputing import dispute_invoice
from tests.support.balances import JAN
from tests.support.cash import receivables_of
from tests.support.world import INC, World

UA = f"{INC}.{JAN}.UA"
MARCH_10 = date(2013, 3, 10)


def dispute(world: World, day: date = MARCH_10, **fields: Any) -> DisputeAnswer:
    said = {"cause": "service", "owner": "billing", "deadline": "2013-03-31", "reason": "it was down"}
    return dispute_invoice(
        WantedDispute.model_validate({"invoice": UA, **said, **fields}),
        opened_by="ana",
        receivables=receivables_of(world),
        book=world.dispute_book,
        today=day,
    )
