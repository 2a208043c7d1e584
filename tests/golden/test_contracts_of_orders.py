"""Orders as CRMs document them, beside the contracts that they become; BILLPROOF_GOLDEN=write writes them anew."""

import json
from typing import Any

from billproof.adapters.hubspot.reading import order_of as deal_of
from billproof.adapters.salesforce.reading import order_of
from billproof.crm.mapping import map_order
from billproof_ops.master_files import read_files
from tests.support.crm import EXAMPLES, mapping
from tests.support.golden import compare


def test_an_order_of_salesforce_is_the_contract_that_was_agreed() -> None:
    read = json.loads((EXAMPLES / "order.salesforce.json").read_text(), parse_float=str)
    order = order_of(read["order"], read["items"], {product["Id"]: product for product in read["products"]})
    hold_contract("salesforce", map_order(order, mapping()).contract)


def test_a_deal_of_hubspot_is_the_contract_that_was_agreed() -> None:
    read = json.loads((EXAMPLES / "deal.hubspot.json").read_text())
    order = deal_of(read["deal"], read["line_items"], read["companies"], frozenset({"ramp_up"}))
    hold_contract("hubspot", map_order(order, mapping("hubspot")).contract)


def hold_contract(name: str, contract: Any) -> None:
    assert contract is not None
    terms = json.dumps(contract.model_dump(mode="json", exclude_none=True), indent=1)
    compare(f"crm/{name}.contract.json", [terms])


def test_the_examples_of_mappings_are_master_data() -> None:
    assert {written.data.id for written in read_files([*EXAMPLES.glob("*.yaml")])} == {"hubspot", "salesforce"}
