"""Two functions confirm openings of one legal entity at the same instant, over DynamoDB and S3 as moto has them.

Each call of AWS is whole, as it is there; between any two of them the other function may do its own.
"""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier, Lock
from time import sleep
from typing import Any

import pytest
from botocore.client import BaseClient
from moto import mock_aws

from billproof.approvals.taking_over import OpeningState, OpeningStores, confirm_opening
from billproof.composition import Composition
from billproof.errors import BillproofError, Conflict
from billproof.opening.packing import packed
from billproof.settings import Settings
from billproof_ops.demo import story
from billproof_ops.local.people import local_identity
from tests.support.aws_chain import Chain
from tests.support.aws_composition import ChainComposition
from tests.support.expanded import environment
from tests.support.openings import opening_of
from tests.support.recording import Recording

ENTITY = "skymeter-asia"
FEWER: dict[str, Any] = {"balances": [], "numbers": [], "deferred": []}


@pytest.fixture
def chain(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chain]:
    """A business to take over, with master data and a policy."""
    with mock_aws(), Recording() as recording:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "test")
        chain = Chain(recording)
        demo = story.master_data()
        chart = demo.legal_entities[0].chart_of_accounts
        chart = chart.model_copy(update={"opening": "3990", "customer_balance": "2300"})
        update = {"id": ENTITY, "number_prefix": "SKY-AP", "bills_from": date(2013, 4, 1), "chart_of_accounts": chart}
        entity = demo.legal_entities[0].model_copy(update=update)
        chain.publish(entity, demo.accounts[0].model_copy(update={"id": "NH", "legal_entity": ENTITY}))
        chain.adopt(demo.policies[0].model_copy(update={"id": ENTITY, "version": 1}))
        yield chain


def proposed(chain: Chain, **changes: Any) -> str:
    asked = {"step": "propose", "packed": packed(opening_of(ENTITY, "NH", **changes))}
    return str(chain.ask("take_over_business", asked, "carla", legal_entity=ENTITY)["digest"])


def function_of(chain: Chain) -> Composition:
    """Another copy of the function, which remembers nothing."""
    values = {name: chain._value(value) for name, value in environment("take_over_business").items()}
    return ChainComposition(Settings(values), chain)


def at_once(chain: Chain, digests: list[str], monkeypatch: pytest.MonkeyPatch) -> list[OpeningState | BillproofError]:
    """Confirm openings side by side, each call of AWS after a pause that is drawn."""
    lock, start, drawn = Lock(), Barrier(len(digests)), random.Random("".join(digests))
    whole: Callable[..., Any] = vars(BaseClient)["_make_api_call"]

    def call(self: BaseClient, name: str, arguments: dict[str, Any]) -> Any:
        sleep(drawn.random() / 500)
        with lock:
            return whole(self, name, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    copies = [function_of(chain) for _ in digests]

    def confirm(task: tuple[Composition, str]) -> OpeningState | BillproofError:
        ports, digest = task
        stores = OpeningStores(ports.opening_decisions, ports.directory, ports.register, ports.objects)
        start.wait()
        try:
            return confirm_opening(
                legal_entity=ENTITY,
                digest=digest,
                caller=local_identity("ben"),
                stores=stores,
                erps=ports.erps,
                now=ports.now(),
            )
        except BillproofError as error:
            return error

    with ThreadPoolExecutor(len(digests)) as pool:
        return list(pool.map(confirm, zip(copies, digests, strict=True)))


@pytest.mark.long
def test_one_opening_that_is_confirmed_three_times_at_once_takes_effect_once(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = proposed(chain)
    answers = at_once(chain, [digest] * 3, monkeypatch)
    assert [getattr(answer, "outcome", answer) for answer in answers] == ["in_effect"] * 3
    register, erp = function_of(chain).register, function_of(chain).erps["embedded"]
    kinds = ("RECEIVABLES", "DEFERRED", "BALANCES")
    assert [len(erp.find(ENTITY, f"OPENING-{ENTITY}-{kind}")) for kind in kinds] == [1, 1, 1]
    in_effect = register.openings.in_effect(ENTITY)
    assert in_effect is not None
    assert in_effect.digest == digest


@pytest.mark.long
def test_of_two_openings_that_are_confirmed_at_once_one_takes_effect_whole(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    controls = [{"kind": "receivables", "currency": "USD", "count": 1, "total": "1250.00"}]
    digests = [proposed(chain), proposed(chain, **FEWER, controls=controls)]
    answers = at_once(chain, digests, monkeypatch)
    (winner,) = [answer for answer in answers if isinstance(answer, OpeningState)]
    (refused,) = [answer for answer in answers if isinstance(answer, BillproofError)]
    assert isinstance(refused, Conflict)
    ports = function_of(chain)
    in_effect = ports.register.openings.in_effect(ENTITY)
    confirmed = ports.opening_decisions.confirmed(ENTITY)
    assert in_effect is not None
    assert confirmed is not None
    assert {winner.digest, in_effect.digest, confirmed.digest} == {winner.digest}
