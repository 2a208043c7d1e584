"""The id of an event: the place of what it tells in the audit chain, so the same thing always has the same id.

    evt_<owner>_<lane>_<sequence>_<entry>_<part>        evt_skymeter-inc_3_41_0_0

It has no full stop: signatures of webhooks put one between the id and what follows.
"""

import re
from dataclasses import dataclass
from typing import Self

from billproof.errors import NotFound
from billproof.store_keys import ChainName

_ID = re.compile(r"evt_([A-Za-z0-9_-]{1,64})_([0-9]{1,2})_([0-9]{1,12})_([0-9]{1,4})_([0-9]{1,6})")


@dataclass(frozen=True, slots=True, order=True)
class EventId:
    """An entry of a block, and a part of it: an object may tell several things."""

    chain: ChainName
    sequence: int
    entry: int
    part: int = 0

    def __str__(self) -> str:
        """Print it."""
        return f"evt_{self.chain.owner}_{self.chain.lane}_{self.sequence}_{self.entry}_{self.part}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an event's id; raises NotFound for anything else."""
        match = _ID.fullmatch(text)
        parsed = None
        if match:
            owner, (lane, *place) = match[1], [int(number) for number in match.groups()[1:]]
            parsed = cls(ChainName(owner, lane), *place)
        if parsed is None or str(parsed) != text:
            message = "this is not an event's id, such as evt_skymeter-inc_3_41_0_0"
            raise NotFound(message)
        return parsed
