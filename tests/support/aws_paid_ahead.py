"""A run of a month in which a rate of tax changed, planned over moto: what was paid ahead of it is looked for."""

from datetime import UTC, datetime

from billproof.masterdata.parties import Account, LegalEntity
from billproof_ops.demo import story
from tests.support.aws_chain import Chain
from tests.support.taxes import address_of

ENTITY, ACCOUNT = "skymeter-canada", "AC"


def plan_after_a_change(chain: Chain) -> None:
    """Plan April 2013 of a legal entity whose customer is in British Columbia, which left the HST on its first day."""
    demo = story.master_data()
    here = {"address": address_of("CA", "BC", "V5K 0A1", "Vancouver"), "version": 1}
    registered = [{"jurisdiction": each, "number": "1"} for each in ("CA", "CA-BC")]
    entity = demo.legal_entities[0].model_dump(mode="json") | here
    entity |= {
        "id": ENTITY,
        "gateways": [],
        "number_prefix": "SKY-CA",
        "bills_from": "2013-04-01",
        "tax_registrations": registered,
    }
    account = demo.accounts[0].model_dump(mode="json") | here | {"id": ACCOUNT, "legal_entity": ENTITY}
    chain.publish(LegalEntity.model_validate(entity), Account.model_validate(account))
    chain.adopt(demo.policies[0].model_copy(update={"id": ENTITY, "version": 1}))
    chain.now = datetime(2013, 5, 5, tzinfo=UTC)
    asked = {"legal_entity": ENTITY, "period": "2013-04"}
    started = chain.ask("request_run", asked, "carla")
    chain.plan({"run_id": started["run_id"], **asked, "requested_by": "carla"})
