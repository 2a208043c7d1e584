"""Names of payers that are nearly an account's: who it is for sure, and who may be another company."""

import pytest

from billproof.payments.matching.payers import known_payer
from billproof.payments.model import Payer
from tests.matching.book import MemoryBook
from tests.matching.customers import Customer

NAMES = ("Blackstone Capital Fund II LP", "Solarpark Nordwesten 21 GmbH", "Acme Robotics GmbH")


@pytest.mark.parametrize(
    ("written", "account"),
    [
        ("BLACKSTONE CAPITAL FUND II", NAMES[0]),
        ("Blackstone Capital Fnud II LP", NAMES[0]),
        ("BLACKSTONE CAPITAL FUN", NAMES[0]),
        ("Blackstone Capital Fund III LP", None),
        ("Blackstone Capital Fund III", None),
        ("Blackstone Capital Fund I LP", None),
        ("BLACKSTONE CAPITAL FUND I", None),
        ("Blackstone Capital Fund LP", None),
        ("Blackstone Capital Fund IV LP", None),
        ("SOLARPARK NORDWESTEN 21", NAMES[1]),
        ("Solarpark Nordwesten 2", None),
        ("Solarpark Nordwesten 22 GmbH", None),
        ("Solarpark Nordwesten", NAMES[1]),
        ("Acme Robotcis GmbH", NAMES[2]),
        ("Acme Robotics VI GmbH", None),
    ],
)
def test_another_number_is_another_company(written: str, account: str | None) -> None:
    book = MemoryBook([Customer(name, name, name, known_iban=False) for name in NAMES], [])
    assert known_payer(Payer(name=written), book).sole == account
