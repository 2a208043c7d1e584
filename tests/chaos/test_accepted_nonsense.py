"""Whatever is accepted as master data of an account, the runs of two months end, bill the others and are proved.

`make chaos N=10` tries for ten times as long; SEED repeats what was drawn.
"""

import contextlib
import json
import random
import time

from pydantic import ValidationError

from billproof.conservation.service import balance_run
from billproof.errors import BillproofError, PostingRejected
from billproof.masterdata.directory import read_master_data
from billproof.masterdata.publishing import refuse_unsound
from billproof.masterdata.service import sync_contract
from billproof.nets import begin
from billproof.pipeline.model import RunStatement
from billproof.proof.model import DifferenceKind
from billproof.proof.service import prove_run
from tests.support.late_usage import FEB, JAN, RUN_DAYS
from tests.support.levels import LEVEL, SEED
from tests.support.nonsense import MINE, nonsense
from tests.support.world import INC, World, flight

SECONDS = 10 * LEVEL
"""Of CPU; a slow machine tries fewer documents."""
OTHERS = {"B6", "WN"}
HARMLESS = {DifferenceKind.NOT_POSTED, DifferenceKind.NOTHING}


def billed(world: World, month: str) -> RunStatement:
    world.moment = RUN_DAYS[month]
    world.ingest(flight(1, account=account, day=f"{month}-05") for account in sorted({MINE, *OTHERS}))
    statement = world.bill(period=month)
    world.post_all(period=month)
    world.reconcile(period=month)
    with contextlib.suppress(PostingRejected):  # of the account itself: the others' are posted
        world.recognize(month)
    return statement


def test_what_is_accepted_for_one_account_is_its_own_trouble_only() -> None:
    chance, until, accepted = random.Random(SEED), time.process_time() + SECONDS, 0
    directory = World(accounts={MINE, *OTHERS}).directory
    while time.process_time() < until:
        document = nonsense(chance)
        text = json.dumps(document)
        try:
            refuse_unsound(read_master_data(text), directory)
            begin("nonsense")
            world = World(accounts={MINE, *OTHERS})
            sync_contract(text, directory=world.directory)
        except (BillproofError, ValidationError):
            continue
        accepted += 1
        try:
            world.hold_for_no_amount()
            statements = [billed(world, month) for month in (JAN, FEB)]
            for statement in statements:
                assert balance_run(statement.run, stores=world.stores()).balances
                differences = prove_run(statement.run, stores=world.stores()).differences
                assert {difference.kind for difference in differences} <= HARMLESS, differences
                if document["kind"] != "meter":
                    facts = world.register.of_period(INC, statement.period.name)
                    assert {one.account for one in facts if one.released is not None} >= OTHERS
        except Exception as error:
            error.add_note(f"SEED {SEED}, accepted document {accepted}: {text}")
            raise
    assert accepted > 0
