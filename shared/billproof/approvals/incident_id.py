"""Identities of incidents: exceptions of a month that share what they come from.

    <legal entity>.<YYYY-MM>.<kind>.<thing>.<what>        skymeter-inc.2013-02.source.eu%2Fgateway.usage_repeated

A decision names the incident for which a person took it; who may take it depends on the exception alone.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from billproof.errors import NotFound
from billproof.escaping import escape, unescape

_SEPARATORS = re.compile(r"[%.#/]")
_PART = r"[^.\ud800-\udfff]+"


class SharedKind(StrEnum):
    """What exceptions of an incident share, from the closest to a cause to the farthest."""

    SOURCE = "source"
    """Events of one source changed in one way."""
    CONTRACT = "contract"
    """Versions of contracts, signed by the same person, that govern from one day on."""
    CONFIGURATION = "configuration"
    """A version of the policy took effect, and a control holds what it did not hold in the month before."""
    INTEGRATION = "integration"
    """A CRM, ERP, gateway or bank."""
    METER = "meter"
    RULE = "rule"
    """The control that holds them, where they share nothing closer."""


@dataclass(frozen=True, slots=True)
class IncidentId:
    """An incident of a legal entity and month: what its exceptions share."""

    legal_entity: str
    period: str
    kind: SharedKind
    thing: str
    what: str

    def __str__(self) -> str:
        """Print it."""
        parts = (self.legal_entity, self.period, self.kind.value, self.thing, self.what)
        return ".".join(escape(part, _SEPARATORS) for part in parts)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it; raises NotFound for anything else."""
        match = re.fullmatch(rf"({_PART})\.({_PART})\.([a-z]+)\.({_PART})\.({_PART})", text)
        parsed = None
        if match is not None and match[3] in set(SharedKind):
            entity, period, thing, what = (unescape(part) for part in match.group(1, 2, 4, 5))
            parsed = cls(entity, period, SharedKind(match[3]), thing, what)
        if parsed is None or str(parsed) != text:
            message = "this is not an incident's id: <legal entity>.<YYYY-MM>.<kind>.<thing>.<what>"
            raise NotFound(message)
        return parsed
