"""What an insider could do to the facts: releases, numbers, postings, decisions, master data and runs."""

from typing import Any

from billproof.approvals.exception_store import DECIDED
from billproof.identities import InvoiceId
from billproof.invoicing.facts import POSTED, RELEASED, fact_key, held_by
from billproof.invoicing.series import SeriesKind, series_partition
from billproof.ports import Key
from tests.support.tampered_store import CREDIT_NOTE, EV, FEBRUARY, RUN, UA, WN, alteration, name_of
from tests.support.world import INC, JANUARY, World


def _fact(document: str, fact: str) -> Key:
    return fact_key(InvoiceId.parse(document), fact)


def _find(world: World, store: str, partition: str, sort: str = "") -> list[Key]:
    keys = sorted(world.records[store].items)
    return [key for key in keys if key.partition.startswith(partition) and sort in key.sort]


def _drop(world: World, store: str, keys: list[Key]) -> list[str]:
    assert keys
    for key in keys:
        del world.records[store].items[key]
    return [name_of(key) for key in keys]


def _edit(world: World, store: str, key: Key, **changes: Any) -> list[str]:
    document = world.records[store].items[key]
    assert changes.keys() <= document.keys(), document.keys()
    world.records[store].items[key] = {**document, **changes}
    assert world.records[store].items[key] != document
    return [name_of(key)]


@alteration
def an_approval_by_the_requester(world: World) -> list[str]:
    return _edit(world, "decisions", _decision_of_january(world), decided_by="carla")


@alteration
def an_approval_that_nobody_gave(world: World) -> list[str]:
    given = world.records["decisions"].items[_decision_of_january(world)]
    (opened,) = _find(world, "exceptions", f"exceptions#{INC}#{FEBRUARY}", "EV#001#opened")
    key = Key(opened.partition, opened.sort.replace("opened", DECIDED))
    assert key not in world.records["decisions"].items
    exception = world.records["exceptions"].items[opened]["id"]
    world.records["decisions"].items[key] = {**given, "exception": exception}
    return [name_of(key)]


@alteration
def a_decision_removed(world: World) -> list[str]:
    return _drop(world, "decisions", [_decision_of_january(world)])


@alteration
def what_counts_towards_a_limit_removed(world: World) -> list[str]:
    return _drop(world, "decisions", _find(world, "decisions", f"limits#{INC}#ben"))


@alteration
def a_request_removed(world: World) -> list[str]:
    return _drop(world, "decisions", _find(world, "decisions", "requests#"))


def _decision_of_january(world: World) -> Key:
    (key,) = _find(world, "decisions", f"exceptions#{INC}#{JANUARY}", f"EV#001#{DECIDED}")
    return key


@alteration
def an_exception_removed(world: World) -> list[str]:
    return _drop(world, "exceptions", _find(world, "exceptions", f"exceptions#{INC}#{FEBRUARY}", "EV#001#"))


@alteration
def a_hold_removed(world: World) -> list[str]:
    return _drop(world, "invoices", [_fact(EV, held_by(RUN))])


@alteration
def a_release_removed_with_its_posting_and_settlement(world: World) -> list[str]:
    released = world.register.released(WN)
    assert released is not None
    facts = _find(world, "invoices", f"invoices#{INC}#{JANUARY}", "WN#")
    slots = _find(world, "invoices", f"account#{INC}#WN", JANUARY)
    assert len(slots) == 1
    ledger = _find(world, "ledger", "", released.number)
    assert len(ledger) == 2
    return [*_drop(world, "invoices", [*facts, *slots]), *_drop(world, "ledger", ledger)]


@alteration
def numbers_swapped_with_their_ledger_entries(world: World) -> list[str]:
    mine, theirs = _fact(UA, RELEASED), _fact(WN, RELEASED)
    numbers = [world.records["invoices"].items[key]["number"] for key in (mine, theirs)]
    edited = _edit(world, "invoices", mine, number=numbers[1]) + _edit(world, "invoices", theirs, number=numbers[0])
    for key in _find(world, "invoices", f"numbers#{INC}#2013"):
        block = world.records["invoices"].items[key]
        if UA in block["invoices"] or WN in block["invoices"]:
            swapped = [{UA: WN, WN: UA}.get(name, name) for name in block["invoices"]]
            edited += _edit(world, "invoices", key, invoices=swapped)
    entries = [_find(world, "ledger", "documents#", number)[0] for number in numbers]
    documents = [world.records["ledger"].items[key] for key in entries]
    for key, other, number in zip(entries, documents[::-1], numbers, strict=True):
        world.records["ledger"].items[key] = {**other, "external_reference": number}
        edited.append(name_of(key))
    return edited


@alteration
def the_series_removed(world: World) -> list[str]:
    return _drop(world, "invoices", _find(world, "invoices", series_partition(INC, 2013, SeriesKind.INVOICES)))


@alteration
def the_last_numbers_removed(world: World) -> list[str]:
    keys = [key for key in _find(world, "invoices", "numbers#") if key.partition == f"numbers#{INC}#2013"]
    return _drop(world, "invoices", keys[-1:])


@alteration
def a_credit_notes_posting_changed(world: World) -> list[str]:
    released = world.register.released(CREDIT_NOTE)
    assert released is not None
    key = _find(world, "ledger", "documents#", released.number)[0]
    lines = [dict(line) for line in world.records["ledger"].items[key]["lines"]]
    lines[0]["account"] = "9999"
    return _edit(world, "ledger", key, lines=lines)


@alteration
def a_credit_note_removed_with_its_posting(world: World) -> list[str]:
    released = world.register.released(CREDIT_NOTE)
    assert released is not None
    facts = [_fact(CREDIT_NOTE, RELEASED), _fact(CREDIT_NOTE, POSTED)]
    return _drop(world, "invoices", facts) + _drop(world, "ledger", _find(world, "ledger", "", released.number))


@alteration
def a_request_for_a_credit_note_removed(world: World) -> list[str]:
    return _drop(world, "invoices", [_fact(CREDIT_NOTE, "held#001")])


@alteration
def a_confirmation_of_a_posting_removed(world: World) -> list[str]:
    return _drop(world, "invoices", [_fact(WN, POSTED)])


@alteration
def a_ledger_entry_removed(world: World) -> list[str]:
    released = world.register.released(WN)
    assert released is not None
    return _drop(world, "ledger", _find(world, "ledger", "", released.number))


@alteration
def a_settlement_removed(world: World) -> list[str]:
    return _drop(world, "invoices", _find(world, "invoices", f"account#{INC}#UA", JANUARY)[:1])


@alteration
def a_contract_made_cheaper(world: World) -> list[str]:
    key = _find(world, "contracts", "account#WN", "contract#")[0]
    charges = list(world.records["contracts"].items[key]["charges"])
    return _edit(world, "contracts", key, charges=charges[:-1])


@alteration
def a_policy_made_generous(world: World) -> list[str]:
    key = Key(f"policies#{INC}", "v000001")
    policy = dict(world.records["decisions"].items[key]["policy"])
    return _edit(world, "decisions", key, policy={**policy, "people": policy["people"][:1]})


@alteration
def a_policy_confirmed_by_another(world: World) -> list[str]:
    return _edit(world, "decisions", Key(f"policies#{INC}", "v000001#confirmed"), person="carla")


@alteration
def an_account_renamed(world: World) -> list[str]:
    (key,) = _find(world, "contracts", "account#WN", "profile#")
    return _edit(world, "contracts", key, name="Somebody Else")


@alteration
def an_account_no_longer_listed(world: World) -> list[str]:
    return _drop(world, "contracts", [key for key in _find(world, "contracts", "members#") if key.sort == "WN"])


@alteration
def a_run_asked_for_by_another(world: World) -> list[str]:
    return _edit(world, "runs", Key(f"runs#{INC}#{JANUARY}", "001"), requested_by="nobody")


@alteration
def a_run_opened_again(world: World) -> list[str]:
    return _drop(world, "runs", [Key(f"runs#{INC}#{JANUARY}", "001#closed")])


@alteration
def a_month_signed_off_by_nobody(world: World) -> list[str]:
    key = Key(f"signed-off#{INC}", JANUARY)
    assert key not in world.records["runs"].items
    world.records["runs"].items[key] = {
        "legal_entity": INC,
        "period": JANUARY,
        "signed_by": "ben",
        "signed_at": "2013-02-03T12:00:00.000000Z",
    }
    return [name_of(key)]
