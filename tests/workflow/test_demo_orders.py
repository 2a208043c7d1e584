"""The orders of the demo's CRM: what Salesforce answers becomes the demo's contracts."""

import json

from billproof.adapters.http_calls import HttpAnswer
from billproof.adapters.salesforce.rest import connected
from billproof_ops.demo import story
from billproof_ops.demo.salesforce import PlayedSalesforce
from tests.support.crm import CrmWorld


def test_the_orders_that_the_crm_answers_with_become_those_contracts_and_the_other_waits_as_an_exception() -> None:
    data, salesforce = story.master_data(), PlayedSalesforce()

    def send(method: str, target: str, **_: object) -> HttpAnswer:
        status, document = salesforce.answer(method, target)
        return HttpAnswer(status, json.dumps(document).encode(), {})

    access = json.dumps({"address": "http://127.0.0.1:9", "client_id": "demo", "client_secret": "demo"})
    world = CrmWorld(connected(access, send=lambda _address: send), publish=data.crm_mapping)
    world.publish(*data.accounts)
    taken = [world.take(event) for event in salesforce.events()]
    assert [(one.stored, one.waiting) for one in taken] == [(1, 0)] * 4 + [(0, 1)]
    ordered = [contract for account in ("9E", "OO", "AS", "HA") for contract in world.versions(account)]
    assert ordered == [order.contract for order in data.orders if order.contract is not None]
    assert world.versions("F9") == []  # no part of its order is billed
    (state,) = world.exception_store.waiting("skymeter-inc", story.ORDERED)
    (finding,) = state.opened.findings
    assert (finding.code, str(state.opened.amount)) == ("contract_unmapped_product", "1202.00 USD")
    assert finding.message == "the product 'SKY-RADAR' is not known (mapping salesforce version 1)"
    assert "revenue-operations@skymeter.example" in finding.remedy
