"""Answers of a counterpart, some of them damaged on the way: what an adapter makes of whole conversations."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from billproof.adapters.http_calls import HttpAnswer, Send
from billproof.erp.port import Erp
from billproof.erp.service import ensure_posted
from tests.support.damaging import HOSTILE, damaged, damaged_file
from tests.support.erp_harnesses import FEBRUARY, entry
from tests.support.fuzzing import fuzz


@dataclass
class Spoiling:
    """Sends on, and damages a share of what comes back; none without a chance."""

    inner: Send
    share: float = 0.1
    chance: random.Random | None = None

    def __call__(self, method: str, target: str, *, headers: Mapping[str, str], body: bytes | None) -> HttpAnswer:
        answer = self.inner(method, target, headers=headers, body=body)
        if self.chance is None or self.chance.random() >= self.share:
            return answer
        return answer._replace(body=self._spoilt(answer.body, self.chance))

    @staticmethod
    def _spoilt(body: bytes, chance: random.Random) -> bytes:
        try:
            document = json.loads(body)
        except ValueError:
            document = None
        if document and isinstance(document, (dict, list)):
            return damaged(document, chance).encode(errors="surrogatepass")
        return chance.choice([damaged_file(body, chance), *(json.dumps(each).encode() for each in HOSTILE)])


def fuzz_erp(
    name: str, erp: Erp, spoiling: Spoiling, *, end_session: Callable[[], None] = lambda: None, most: int = 1_000
) -> int:
    """Post and read through damaged answers; afterwards everything can be posted, once. Return how many were.

    `end_session` is what the ERP does once who spoke to it has gone.
    """
    references: list[str] = []

    def talk(seed: str) -> None:
        reference = f"F-{len(references)}"
        references.append(reference)
        spoiling.chance = random.Random(seed)
        try:
            ensure_posted(entry(reference), erp)
            list(erp.of_period("e", FEBRUARY))
        finally:
            spoiling.chance = None
            end_session()

    fuzz(name, [name], lambda given, chance: f"{given} {chance.random()}", talk, most=most)
    for reference in references:
        ensure_posted(entry(reference), erp)
        assert len(erp.find("e", reference)) == 1, reference
    return len(references)
