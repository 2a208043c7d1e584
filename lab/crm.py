"""The nightly check of the CRM over the contracts that were signed: the product's own comparison."""

from billproof.contracts.crm_mappings import CrmMapping
from billproof.contracts.model import Contract
from billproof.crm.checking import Checks
from billproof.crm.comparing import as_version, canonical_digest, latest_of
from billproof.crm.customers import Customers
from billproof.crm.waiting import CrmExceptions, WaitingOrder
from billproof.masterdata.crosswalk_book import CrosswalkBook
from lab.company import ENTITY
from lab.scene import Scene
from tests.support.world import World

PREFIX = "crm-"


def mapping_of(scene: Scene) -> CrmMapping:
    """Return a mapping that knows every customer; the lab's orders say a contract as a whole, so it maps no product."""
    return CrmMapping.model_validate(
        {
            "id": "salesforce",
            "version": 1,
            "owner": "revenue-operations@skymeter.example",
            "legal_entity": ENTITY,
            "contract_prefix": PREFIX,
            "time_zone": "America/New_York",
            "signed_by": "sales@skymeter.example",
            "currencies": ["USD"],
            "signed": ["Activated"],
            "customers": [{"customer": one["id"], "account": one["id"]} for one in scene.accounts],
        }
    )


def nightly_check(world: World, scene: Scene) -> None:
    """Compare every signed contract with the one that is billed, as `billproof.crm.syncing` does without adopting."""
    exceptions = CrmExceptions(world.exception_store, world.exceptions, world.now())
    checks = Checks(Customers(mapping_of(scene), CrosswalkBook()), world.directory, exceptions)
    for document in scene.signed:
        stated = Contract.model_validate(document)
        record = world.directory.account_record(stated.account)
        latest = latest_of(stated.id, record.contracts)
        waiting = WaitingOrder(ENTITY, "salesforce", stated.id, stated.effective.start)
        if latest is not None and canonical_digest(latest) == canonical_digest(as_version(stated, latest.version)):
            checks.agree(waiting, latest, record)
        else:
            checks.differ(waiting, stated, latest, record)
