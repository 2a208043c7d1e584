"""The entry of post_to_erp in the load test: an ERP that takes two seconds to post, and fails one call in twenty.

Half of the posts that fail have posted by then, as after a time-out. `posting` is the function's own entry, beside it.
"""

import os
import random
import time
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from posting import handler as post  # type: ignore[import-not-found]

from billproof.composition import Composition
from billproof.erp.port import Erp, Erps, PostedDocument
from billproof.errors import ExternalServiceUnavailable
from billproof.ledger.model import JournalEntry
from billproof.periods import Period

POST_SECONDS, FAILING = 2.0, 0.05
_CHANCE = random.Random(os.getpid())


class SlowErp:
    """An ERP that is slow and fails, before another one."""

    def __init__(self, erp: Erp) -> None:
        self._erp = erp
        self.reference_length = erp.reference_length

    def find(self, legal_entity: str, external_reference: str) -> list[PostedDocument]:
        """Find what is posted."""
        self._may_fail()
        return self._erp.find(legal_entity, external_reference)

    def post(self, entry: JournalEntry) -> PostedDocument:
        """Post after a while."""
        time.sleep(POST_SECONDS)
        fails, is_after = _CHANCE.random() < FAILING, _CHANCE.random() < 0.5
        if fails and not is_after:
            raise ExternalServiceUnavailable("the ERP did not answer in time")
        document = self._erp.post(entry)
        if fails:
            raise ExternalServiceUnavailable("the ERP posted, and did not say so in time")
        return document

    def of_period(self, legal_entity: str, period: Period) -> Iterator[PostedDocument]:
        """Yield what is dated in a period."""
        return self._erp.of_period(legal_entity, period)

    def _may_fail(self) -> None:
        if _CHANCE.random() < FAILING:
            raise ExternalServiceUnavailable("the ERP did not answer")


class SlowComposition(Composition):
    """The ports, with slow ERPs."""

    @cached_property
    def erps(self) -> Erps:
        """Every ERP, slowed down."""
        return {name: SlowErp(erp) for name, erp in super().erps.items()}


_PORTS = SlowComposition()


def handler(event: dict[str, Any], context: Any) -> Any:
    """Post as the function does."""
    return post(event, context, _PORTS)
