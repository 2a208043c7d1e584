"""Each record of the audit chain says which fact was in force until its own, where there was one."""

import json
from datetime import timedelta
from itertools import pairwise

import pytest

from billproof.audit.findings import AuditFindingKind
from billproof.audit.index import index_of
from billproof.audit.model import ADOPTED, FACT, AuditBlock, Entry
from billproof.audit.telling import LifeStory
from billproof.audit.verifying import BLOCKS_AT_ONCE, verify
from billproof.audit.walking import all_blocks, all_chains
from billproof.identities import InvoiceId
from billproof.invoicing.facts import facts_partition
from billproof.pipeline.months import sign_off_month
from tests.support.verifying import audited, verified
from tests.support.world import INC, JANUARY, World, flight

UA, EV = f"{INC}.{JANUARY}.UA", f"{INC}.{JANUARY}.EV"


@pytest.fixture(scope="module")
def world() -> World:
    """UA is billed, posted, delivered and credited; EV is held and approved; the month is run twice and signed off."""
    world = World(accounts={"UA", "EV"})
    contract = world.directory.contracts("EV")[0]
    world.publish(contract.model_copy(update={"version": 2, "exclusions": ()}))
    world.publish(world.directory.policy(INC).model_copy(update={"version": world.directory.policy(INC).version + 1}))
    world.ingest([flight(1), flight(1, account="EV", type="flight.cancelled")])
    world.bill()
    assert world.decide(f"{EV}.001", "approved", "ben").outcome == "decided"
    assert world.apply(f"{EV}.001").outcome == "released"
    world.post_all()
    world.credit_and_approve(UA)
    world.bill()
    sign_off_month(
        legal_entity=INC,
        period=JANUARY,
        signed_by="ben",
        records=world.runs,
        decisions=world.records["decisions"],
        register=world.register,
        directory=world.directory,
        now=world.now(),
        grace=world.settings.grace,
    )
    world.settle()
    return world


def entry_of(world: World, partition: str, sort: str) -> Entry:
    entries = (entry for block in all_blocks(world.chain) for entry in block.entries)
    (entry,) = [entry for entry in entries if entry.what == FACT and entry.place == (partition, sort)]
    return entry


def partition_of(document: str) -> str:
    return facts_partition(InvoiceId.parse(document))


POLICIES, EXCEPTIONS, RUNS = f"policies#{INC}", f"exceptions#{INC}#{JANUARY}", f"runs#{INC}#{JANUARY}"
STATES = [
    ("account#EV", "contract#{ev}#v000002", "contract#{ev}#v000001"),
    (POLICIES, "v000002#confirmed", "v000001#confirmed"),
    (EXCEPTIONS, "EV#001#decided", "EV#001#opened"),
    (EXCEPTIONS, "UA~01#001#decided", "UA~01#001#opened"),
    (EV, "EV#released", f"EV#held#{INC}-{JANUARY}-001"),
    (UA, "UA~01#released", "UA~01#held#001"),
    (UA, "UA#posting", "UA#released"),
    (UA, "UA#posted", "UA#posting"),
    (RUNS, "001#closed", "001"),
    (RUNS, "002", "001"),
]


@pytest.mark.parametrize(("where", "sort", "before"), STATES, ids=lambda text: text)
def test_a_fact_that_changes_a_state_names_the_one_before_and_that_has_a_record(
    world: World, where: str, sort: str, before: str
) -> None:
    partition = partition_of(where) if where in {UA, EV} else where
    contract = world.directory.contracts("EV")[0].id
    entry = entry_of(world, partition, sort.format(ev=contract))
    assert entry.before == (partition, before.format(ev=contract))
    assert entry_of(world, *entry.before).digest


def test_a_month_that_is_signed_off_was_closed_by_its_last_run_and_numbers_follow_the_last_block(world: World) -> None:
    assert entry_of(world, f"signed-off#{INC}", JANUARY).before == (RUNS, "002#closed")
    keys = sorted(key for key in world.records["invoices"].items if key.partition == f"numbers#{INC}#2013")
    assert len(keys) > 1
    for earlier, later in pairwise(keys):
        assert entry_of(world, later.partition, later.sort).before == (earlier.partition, earlier.sort)


@pytest.mark.parametrize(
    ("partition", "sort"),
    [("account#UA", "profile#v000001"), (POLICIES, "v000001"), (RUNS, "001"), (EXCEPTIONS, "EV#001#opened")],
)
def test_a_fact_that_is_new_follows_none(world: World, partition: str, sort: str) -> None:
    assert entry_of(world, partition, sort).before == ()


def test_every_fact_that_is_named_as_before_has_an_earlier_record_of_its_own(world: World) -> None:
    recorded = [(block.at, entry) for block in all_blocks(world.chain) for entry in block.entries if entry.what == FACT]
    at = {entry.place: moment for moment, entry in recorded}
    named = [(moment, entry) for moment, entry in recorded if entry.before]
    assert len(named) > len(STATES)
    assert [entry for moment, entry in named if entry.before not in at or at[entry.before] > moment] == []
    assert verified(world).findings == ()


EARLIER = ("numbers#" + INC + "#2013", "000000000001")
FORGED = {
    "nobody": (("account#UA", "profile#v000009"), ("account#UA", "profile#v000008"), "of which there is no record"),
    "another account": (("account#UA", "profile#v000009"), ("account#EV", "profile#v000001"), "of something else"),
    "another contract": (
        ("account#EV", "contract#other#v000002"),
        ("account#EV", "contract#EV-2013#v000001"),
        "of something else",
    ),
    "another month": (("signed-off#" + INC, "2013-02"), (RUNS, "002#closed"), "of something else"),
    "no place": (EARLIER, ("numbers#" + INC + "#2014",), "of which there is no record"),
    "itself": (("runs#" + INC + "#2013-07", "001"), ("runs#" + INC + "#2013-07", "002"), "was recorded later"),
}


@pytest.mark.parametrize("blocks_at_once", [BLOCKS_AT_ONCE, 3])
@pytest.mark.parametrize("what", FORGED)
def test_a_record_that_follows_nothing_or_something_else_is_found(what: str, blocks_at_once: int) -> None:
    world = World(accounts={"UA", "EV"})
    place, before, why = FORGED[what]
    entry = Entry(what=FACT, store="contracts", place=place, subject="UA", digest="0", before=before)
    closed = Entry(what=FACT, store="runs", place=(RUNS, "002#closed"), subject=INC, digest="0")
    world.chain.append(f"{INC}/0", [closed])
    world.chain.append(f"{INC}/0", [entry])
    later = Entry(what=FACT, store="runs", place=("runs#" + INC + "#2013-07", "002"), subject=INC, digest="0")
    world.chain.append(f"{INC}/0", [later])
    found = verify(audited(world), blocks_at_once=blocks_at_once).findings
    (finding,) = [one for one in found if one.kind is AuditFindingKind.NOT_FOLLOWING]
    assert (finding.where, why in finding.message) == (" ".join(("contracts", *place)), True)


def test_a_fact_whose_one_before_was_adopted_later_follows_it() -> None:
    world = World(accounts={"UA"})
    partition = "account#UA"
    follows = Entry(
        what=FACT,
        store="contracts",
        place=(partition, "profile#v000009"),
        subject="UA",
        digest="0",
        before=(partition, "profile#v000008"),
    )
    world.chain.append(f"{INC}/0", [follows])
    world.moment += timedelta(days=1)
    adopted = Entry(what=ADOPTED, store="contracts", place=follows.before, subject="UA", digest="0", by="ben")
    world.chain.append(f"{INC}/1", [adopted])
    assert [one for one in verified(world).findings if one.kind is AuditFindingKind.NOT_FOLLOWING] == []


def test_an_object_that_was_written_again_tells_which_record_of_it_was_before(world: World) -> None:
    key = f"reconciliation/{INC}/{JANUARY}.json"
    for content in (b"first", b"second", b"second"):
        world.objects.forget()
        world.objects.put(key, content)
    index = index_of(all_chains(world.chain))
    (first, *_) = index.entries["objects", key]
    told = [one for one in LifeStory(index, world.facts).of(JANUARY + ".json") if one.place == (key,)]
    assert [one.before for one in told] == [(), (key, first.where), (key, first.where)]


def test_the_life_of_an_invoice_tells_what_was_before(world: World) -> None:
    events = LifeStory(index_of(all_chains(world.chain)), world.facts).of(EV)
    (released,) = [event for event in events if event.place[-1] == "EV#released"]
    assert released.before == (partition_of(EV), f"EV#held#{INC}-{JANUARY}-001")


def test_a_record_of_before_there_was_such_a_field_keeps_its_hash() -> None:
    entry = {"what": "fact", "store": "runs", "place": ["runs#sky#2013-01", "001"], "subject": "sky", "digest": "00"}
    block = {"chain": "sky/0", "sequence": 1, "previous": "0" * 64, "at": "2013-02-02T00:00:00Z"}
    block |= {"function": "f", "request": "r", "entries": [entry]}
    read = AuditBlock.read(json.loads(json.dumps(block)))
    assert json.loads(json.dumps(read.document())) == block
    assert read.computed_hash() == "b6cced19aae28b96dce0f1c09def95aea5f8fa7af436463ffbfbbaa05071037b"
