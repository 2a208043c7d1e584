"""The tables of an embedded AWS at the moment of its newest copy: what a point-in-time export gives on AWS.

The copy is of one moment, whatever is written meanwhile: its writer was forked from the server.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ministack.core.persistence import _json_object_hook

from billproof_ops.errors import OpsError
from billproof_ops.local import saves
from billproof_ops.recovery.exports import TABLES, Item, write
from billproof_ops.target import Target

WAIT_SECONDS = 120
"""A server that was just started has saved nothing yet."""


@dataclass(frozen=True, slots=True)
class Exported:
    """An export: of what moment it is, and how many items each table had."""

    moment: datetime
    items: dict[str, int]


def export(target: Target, state: Path, folder: Path) -> Exported:
    """Write the tables of a running stack as they were at the moment of its newest copy; raises OpsError without one.

    A newer copy replaces the one that is read, which is then read in its turn.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        copy, moment = saves.newest(state), saves.saved_at(state)
        try:
            if copy is not None and moment is not None:
                tables = _tables(copy)
                return Exported(moment, {name: write(folder, name, _items(target, tables, name)) for name in TABLES})
        except FileNotFoundError:
            continue
        time.sleep(1)
    message = f"the embedded AWS saved nothing in {WAIT_SECONDS} s: its log says why"
    raise OpsError(message)


def _tables(copy: Path) -> dict[str, Any]:
    text = (copy / saves.SERVICES / "dynamodb.json").read_text()
    saved = json.loads(text, object_hook=_json_object_hook)
    return {name: table for (_, _, name), table in saved["payload"]["tables"].all_items()}


def _items(target: Target, tables: dict[str, Any], name: str) -> Iterator[Item]:
    """Yield a table's items, which MiniStack keeps by partition and sort key; raises OpsError without the table."""
    table = tables.get(target.outputs[f"{name}TableName"])
    if table is None:
        message = f"the copy is of before the table {name} was made: try again in some seconds"
        raise OpsError(message)
    for partition in table["items"].values():
        yield from partition.values()
