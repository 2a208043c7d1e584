"""The endpoints that are registered: versions of each, facts that are added and never edited.

    webhooks#<entity>           <endpoint>#<ordinal>     a version; the last one counts
    webhook-turns#<entity>      <ordinal>                an endpoint more: who takes the next turn has counted them

Endpoints are counted after the last turn is read, and registered with the next one: of two who count at once, the
second finds the turn taken, and counts again.
"""

from collections.abc import Iterable
from datetime import datetime

from billproof.errors import Conflict, Contended, NotFound
from billproof.ids import digest, shown
from billproof.periods import instant_text
from billproof.ports import Key, Record, Records
from billproof.retrying import attempts
from billproof.store_keys import partition_name, sort_key, turn_key
from billproof.webhooks.model import WebhookEndpoint

MAX_ATTEMPTS = 10
MOST_ENDPOINTS = 50
"""Endpoints of one legal entity."""


def endpoint_id(legal_entity: str, url: str) -> str:
    """Name the endpoint of a legal entity at a URL: registering it again is the same endpoint."""
    return f"whe_{digest([legal_entity, url])[:24]}"


class EndpointBook:
    """The endpoints, over the records that only the API writes."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def of_entity(self, legal_entity: str) -> list[WebhookEndpoint]:
        """Return the endpoints of a legal entity that are not removed, by id."""
        return [endpoint for endpoint in self._last(legal_entity, "") if not endpoint.is_removed]

    def get(self, legal_entities: Iterable[str], endpoint: str) -> WebhookEndpoint:
        """Return an endpoint of one of some legal entities; raises NotFound."""
        for entity in legal_entities:
            for known in self._last(entity, sort_key(endpoint, "")):
                if known.id == endpoint and not known.is_removed:
                    return known
        message = f"there is no webhook endpoint {shown(endpoint)}"
        raise NotFound(message)

    def register(
        self, legal_entity: str, url: str, types: tuple[str, ...], *, by: str, now: datetime
    ) -> WebhookEndpoint:
        """Register an endpoint, or change which types it wants; the same again changes nothing.

        One that was removed begins with a new secret. Raises Conflict beyond MOST_ENDPOINTS.
        """
        name = endpoint_id(legal_entity, url)
        for _ in attempts(MAX_ATTEMPTS):
            known = next(iter(self._last(legal_entity, sort_key(name, ""))), None)
            if known is not None and not known.is_removed and known.types == types:
                return known
            turn = self._next_turn(legal_entity) if known is None or known.is_removed else None
            at = instant_text(now)
            version = WebhookEndpoint(
                id=name,
                legal_entity=legal_entity,
                url=url,
                types=types,
                ordinal=known.ordinal + 1 if known else 1,
                generation=known.generation + known.is_removed if known else 1,
                rotated_at=known.rotated_at if known and not known.is_removed else None,
                enabled_at=known.enabled_at if known and not known.is_removed else at,
                changed_by=by,
                changed_at=at,
            )
            if self._add(version, turn):
                return version
        message = "others kept changing this webhook endpoint"
        raise Contended(message)

    def rotate(self, known: WebhookEndpoint, generation: int, *, by: str, now: datetime) -> WebhookEndpoint:
        """Give an endpoint the next generation of its secret; a repetition changes nothing.

        Raises Conflict for any generation but the present and the next one.
        """
        if generation == known.generation:
            return known
        if generation != known.generation + 1:
            message = f"the next generation of this secret is {known.generation + 1}"
            raise Conflict(message)
        return self._change(known, by, now, generation=generation, rotated_at=instant_text(now))

    def enable(self, known: WebhookEndpoint, *, by: str, now: datetime) -> WebhookEndpoint:
        """Enable an endpoint that was disabled."""
        return self._change(known, by, now, enabled_at=instant_text(now))

    def remove(self, known: WebhookEndpoint, *, by: str, now: datetime) -> WebhookEndpoint:
        """Remove an endpoint: nothing is sent to it any more."""
        return self._change(known, by, now, is_removed=True)

    def _change(self, known: WebhookEndpoint, by: str, now: datetime, **changes: object) -> WebhookEndpoint:
        stamps = {"ordinal": known.ordinal + 1, "changed_by": by, "changed_at": instant_text(now)}
        version = known.model_copy(update={**changes, **stamps})
        if not self._add(version):
            message = "somebody else changed this webhook endpoint meanwhile: look at it, and ask again"
            raise Conflict(message)
        return version

    def _next_turn(self, legal_entity: str) -> Key:
        """Return the turn in which an endpoint more may be registered; raises Conflict beyond MOST_ENDPOINTS."""
        partition = partition_name("webhook-turns", legal_entity)
        last = next(self._records.query(partition, newest_first=True, limit=1), None)
        if len(self.of_entity(legal_entity)) >= MOST_ENDPOINTS:
            message = f"{legal_entity} has {MOST_ENDPOINTS} webhook endpoints already: remove one"
            raise Conflict(message)
        return Key(partition, turn_key(int(last.key.sort) + 1 if last else 1))

    def _add(self, version: WebhookEndpoint, turn: Key | None = None) -> bool:
        before = _key(version.legal_entity, version.id, version.ordinal - 1) if version.ordinal > 1 else None
        key = _key(version.legal_entity, version.id, version.ordinal)
        records = [Record(key, version.model_dump(mode="json"), before)]
        if turn is None:
            return self._records.create(records[0])
        return self._records.create_all([*records, Record(turn, {"endpoint": version.id})])

    def _last(self, legal_entity: str, prefix: str) -> list[WebhookEndpoint]:
        records = self._records.query(partition_name("webhooks", legal_entity), prefix=prefix)
        versions = [WebhookEndpoint.model_validate(record.document) for record in records]
        versions.sort(
            key=lambda version: (version.id, version.ordinal)
        )  # keys of seven digits sort before those of six
        return list({version.id: version for version in versions}.values())


def _key(legal_entity: str, endpoint: str, ordinal: int) -> Key:
    return Key(partition_name("webhooks", legal_entity), sort_key(endpoint, f"{ordinal:06d}"))
