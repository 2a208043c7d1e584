"""What an insider could do to the objects: the usage log, the quarantine, the artefacts and the documents."""

from backports import zstd

from billproof.ids import digest_bytes
from billproof.pipeline.aggregating import aggregate_usage
from billproof.pipeline.artefacts import AGGREGATION_PLAN, Artefacts
from billproof.pipeline.steps.calculate_tax import calculate_tax
from billproof.pipeline.steps.draft_invoices import draft_invoices
from billproof.pipeline.steps.price_usage import price_usage
from billproof.pipeline.steps.validate_pricing import validate_pricing
from billproof.usage import log
from tests.support.tampered_store import RUN, WN, alteration
from tests.support.world import World


def _keys(world: World, prefix: str, containing: str = "") -> list[str]:
    return sorted(key for key in world.objects.items if key.startswith(prefix) and containing in key)


def _remove(world: World, keys: list[str]) -> list[str]:
    assert keys
    for key in keys:
        del world.objects.items[key]
    return keys


@alteration
def quarantine_removed(world: World) -> list[str]:
    return _remove(world, _keys(world, "quarantine/"))


@alteration
def one_object_of_the_quarantine_shortened(world: World) -> list[str]:
    key = _keys(world, "quarantine/")[0]
    rows = world.objects.items[key]
    world.objects.items[key] = rows[:-1]
    return [key]


@alteration
def late_marks_removed(world: World) -> list[str]:
    return _remove(world, _keys(world, "late/"))


@alteration
def control_totals_removed(world: World) -> list[str]:
    return _remove(world, _keys(world, "control-totals/"))


def _segment_of_january(world: World) -> str:
    """Return the segment that came in time: the other one of its day is of the late event alone."""
    keys = _keys(world, "usage/", "day=2013-01-05")
    return max(keys, key=lambda key: len(log.read_segment(world.objects.memory, key)))


def _shorten(world: World, segment: str) -> list[str]:
    """Put one event of a segment in its place, under a name that fits, and have the run's list and plan name it.

    A segment that is not what its name says would hold its accounts: our steps compare it before they read it.
    """
    items, artefacts = world.objects.items, Artefacts(world.objects.memory)
    rows = log.read_segment(world.objects.memory, segment)
    folder, _, name = segment.rpartition("/")
    shorter = log.new_object(f"{folder}/", rows[:1])
    plan = artefacts.read(AGGREGATION_PLAN, RUN, "0000")
    listed = zstd.decompress(items[plan.manifest]).replace(name.encode(), shorter.key.rpartition("/")[2].encode())
    manifest = f"runs/{RUN}/segments/0000-{digest_bytes(listed)[:40]}.json.zst"
    items |= {shorter.key: shorter.data, manifest: zstd.compress(listed)}
    artefacts.write(AGGREGATION_PLAN, RUN, plan.model_copy(update={"manifest": manifest}), part="0000")
    del items[segment]
    return [segment, shorter.key, manifest, AGGREGATION_PLAN.key(RUN, "0000")]


@alteration
def a_segment_removed(world: World) -> list[str]:
    return _remove(world, _keys(world, "usage/")[:1])


@alteration
def a_segment_added(world: World) -> list[str]:
    key = _segment_of_january(world)
    rows = log.read_segment(world.objects.memory, key)[:1]
    new = log.new_object(key.rpartition("/")[0] + "/", list(rows))
    assert new.key not in world.objects.items
    world.objects.items[new.key] = new.data
    return [new.key]


@alteration
def a_segment_shortened_and_all_after_it_computed_again_by_our_steps(world: World) -> list[str]:
    altered = _shorten(world, _segment_of_january(world))
    before = dict(world.objects.items)
    aggregate_usage(run_id=RUN, bucket=0, objects=world.objects.memory)
    for batch in sorted(key.rsplit("/", 1)[1].removesuffix(".json") for key in _keys(world, f"runs/{RUN}/plan/")):
        price_usage(run_id=RUN, batch_id=batch, objects=world.objects.memory)
        validate_pricing(run_id=RUN, batch_id=batch, objects=world.objects.memory)
        calculate_tax(run_id=RUN, batch_id=batch, objects=world.objects.memory, engines={})
        draft_invoices(run_id=RUN, batch_id=batch, objects=world.objects.memory)
    changed = [key for key, data in before.items() if world.objects.items[key] != data]
    added = [key for key in world.objects.items if key not in before]
    assert changed
    assert added
    return [*altered, *changed, *added]


@alteration
def a_segment_shortened_and_usage_computed_again_under_the_chain(world: World) -> list[str]:
    """By our own function with its own role: the chain says that a closed run was written to."""
    altered = _shorten(world, _segment_of_january(world))
    before = dict(world.objects.items)
    aggregate_usage(run_id=RUN, bucket=0, objects=world.objects)
    changed = [key for key, data in before.items() if world.objects.items[key] != data]
    assert changed
    return [*altered, *changed]


@alteration
def the_plan_of_a_run_changed(world: World) -> list[str]:
    return _changed_object(world, f"runs/{RUN}/run/plan.json", b"carla", b"diana")


@alteration
def the_statement_of_a_run_removed(world: World) -> list[str]:
    return _remove(world, _keys(world, f"runs/{RUN}/run/statement"))


@alteration
def the_check_of_a_run_that_was_held_changed(world: World) -> list[str]:
    return _changed_object(world, f"runs/{RUN}/run/completeness.json", b'"incomplete"', b'"complete"')


@alteration
def the_ids_of_several_accounts_removed(world: World) -> list[str]:
    return _remove(world, _keys(world, f"runs/{RUN}/run/shared-ids"))


@alteration
def a_profile_of_what_accounts_sent_removed(world: World) -> list[str]:
    return _remove(world, _keys(world, f"runs/{RUN}/profile/")[:1])


@alteration
def what_the_check_of_a_run_warned_of_removed(world: World) -> list[str]:
    return _remove(world, _keys(world, f"runs/{RUN}/run/check-warnings"))


@alteration
def an_invoice_replaced(world: World) -> list[str]:
    released = world.register.released(WN)
    assert released is not None
    return _changed_object(world, released.document.key, b"2013", b"2014")


@alteration
def a_report_of_reconciliation_changed(world: World) -> list[str]:
    (key,) = _keys(world, "reconciliation/")
    return _changed_object(world, key, b'"invoices":', b'"invoices": ')


def _changed_object(world: World, key: str, old: bytes, new: bytes) -> list[str]:
    data = world.objects.items[key]
    assert old in data
    world.objects.items[key] = data.replace(old, new, 1)
    return [key]
