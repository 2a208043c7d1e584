"""Crosswalks that are refused when published: usage would be of two accounts, of none, or go round in a circle."""

from typing import Any

import pytest

from billproof.errors import InvalidInput
from billproof.masterdata.crosswalks import Crosswalk
from tests.support.crosswalks import crosswalk, merger, publish
from tests.support.world import World

OLD, NEW = "VX", "UA"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (crosswalk(("QQ", "2013-01-01", None), ids=("A-17",)), "QQ: there is no such account"),
        (merger("QQ", NEW, day="2013-01-01"), "QQ: the ids of billproof are accounts, and this is none"),
        (
            crosswalk((NEW, "2013-01-05", None), ids=("A-1", "A-2"), id="other"),
            "A-2 is UA by crosswalk other and VX by crosswalk known",
        ),
        (merger(NEW, OLD, day="2013-02-01"), "UA -> VX -> UA: these go into each other in a circle"),
        (merger(NEW, NEW, day="2013-01-01"), "UA -> UA: these go into each other in a circle"),
        (
            crosswalk((OLD, "2013-01-15", None), ids=("A-2",), id="known", version=2),
            "A-2 from 2013-01-01: usage was accepted of it",
        ),
        (crosswalk((OLD, "2013-01-01", None), ids=("A-3",), id="known", version=2), "A-2 from 2013-01-01: usage was"),
    ],
    ids=["no account", "no account of ours", "overlap", "circle", "itself", "days without", "id left out"],
)
def test_what_leaves_usage_to_two_accounts_or_none_is_refused(data: Crosswalk, said: str) -> None:
    world = World(accounts={OLD, NEW})
    publish(world, crosswalk((OLD, "2013-01-01", None), ids=("A-2",), id="known"))
    publish(world, merger(OLD, NEW, day="2013-01-10", id="merged"))
    with pytest.raises(InvalidInput) as refused:
        publish(world, data)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "entries",
    [
        ((OLD, "2013-01-01", None), (NEW, "2013-02-01", None)),
        ((OLD, "2013-01-01", "2013-02-02"), (NEW, "2013-02-01", None)),
        ((OLD, "2013-02-01", "2013-03-01"), (NEW, "2013-01-01", "2013-02-01")),
    ],
    ids=["open", "overlap", "order"],
)
def test_two_entries_that_overlap_are_named(entries: Any) -> None:
    with pytest.raises(ValueError, match=r"overlap.*: (VX|UA) from .* and (VX|UA) from"):
        crosswalk(*entries, ids=("A-17",))
