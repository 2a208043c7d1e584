"""Answers of Salesforce and HubSpot, damaged: each is refused by name, or an order is read and mapped."""

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from billproof.adapters.crm_calls import CrmCalls
from billproof.adapters.http_calls import HttpAnswer
from billproof.adapters.hubspot.rest import HubspotCrm, read_access
from billproof.adapters.salesforce.rest import SalesforceAccess, SalesforceCrm
from billproof.crm.mapping import map_order
from billproof.crm.port import Crm
from tests.support.crm import EXAMPLES, ORDER, document, mapping
from tests.support.crm_server import Api
from tests.support.damaging import damaged
from tests.support.fuzzing import fuzz
from tests.support.hubspot_server import FakeHubspot
from tests.support.salesforce_server import FakeSalesforce
from tests.support.world import INC

LEAST_OFTEN = 0.1
"""Of an order's answers about every tenth is damaged."""


class Spoiling:
    """Answers as a server does, and damages some of it."""

    def __init__(self, server: Api, chance: random.Random) -> None:
        self._server = server
        self._chance = chance

    def __call__(
        self, method: str, target: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> HttpAnswer:
        token = (headers or {}).get("Authorization", "")
        status, answer, more = self._server.answer(method, target, token, (body or b"").decode())
        text = damaged(answer, self._chance) if self._chance.random() < LEAST_OFTEN else json.dumps(answer)
        return HttpAnswer(status, text.encode(errors="surrogatepass"), {name.lower(): more[name] for name in more})


def salesforce(chance: random.Random) -> tuple[Crm, str]:
    server = FakeSalesforce()
    server.put(document())
    access = SalesforceAccess.model_validate_json(server.secret)
    return SalesforceCrm(access, CrmCalls("Salesforce", Spoiling(server, chance), wait=lambda _: None)), ORDER


def hubspot(chance: random.Random) -> tuple[Crm, str]:
    server, deal = FakeHubspot(), json.loads((EXAMPLES / "deal.hubspot.json").read_text())
    server.put(deal)
    calls = CrmCalls("HubSpot", Spoiling(server, chance), wait=lambda _: None)
    return HubspotCrm(read_access(server.secret), calls), str(deal["deal"]["id"])


@pytest.mark.parametrize("crm", [salesforce, hubspot], ids=lambda crm: crm.__name__)
def test_a_damaged_answer_of_a_crm_is_refused_by_name_and_raises_nothing_else(
    crm: Callable[[random.Random], tuple[Crm, str]],
) -> None:
    read = 0

    def parse(seed: str) -> None:
        nonlocal read
        known, order = crm(random.Random(seed))
        known.orders_of("OrderItem", (order,))
        found = known.order(order)
        if found is not None:
            map_order(found, mapping(crm.__name__))
            read += 1

    def seeded(name: Any, chance: random.Random) -> str:
        return f"{name} {chance.random()}"

    fuzz(f"answers of {crm.__name__}", [INC], seeded, parse)
    assert read > 0
