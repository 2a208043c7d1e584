"""All histories. Together they are of every function of the template."""

from tests.support.histories import History
from tests.support.histories_of_charges import CHARGES
from tests.support.histories_of_crosswalks import CROSSWALKS
from tests.support.histories_of_documents import ELECTRONIC
from tests.support.histories_of_many import ASSETS, IN_PARTS
from tests.support.histories_of_money import CARD, CLOSING, COLLECTIONS, PAYMENTS, REFUNDS
from tests.support.histories_of_months import COMPACTION, MONTH
from tests.support.histories_of_systems import CRM, EVENTS, MASTER_DATA, OPENING, POLICIES, SAMPLES

HISTORIES: tuple[History, ...] = (
    *(MONTH, ELECTRONIC, COMPACTION, IN_PARTS, ASSETS, CROSSWALKS),
    *(PAYMENTS, CARD, REFUNDS, CHARGES, COLLECTIONS, CLOSING),
    *(POLICIES, MASTER_DATA, CRM, EVENTS, OPENING),
    SAMPLES,
)
