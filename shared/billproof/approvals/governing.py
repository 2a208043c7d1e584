"""Policies over time: a version takes effect when a second person has confirmed it, and never for who published it.

    policies#<entity>    v000002               the policy, and who published it
                         v000002#confirmed     who confirmed it: in force from then on

    v1 published by carla, confirmed by ben |---- v1 in force ----|---- v2 in force: for all but ana ---->
    v2 published by ana                              |            confirmed by ben
                                                     v2 is known, and decides nothing

Of versions that were confirmed at one moment, or the wrong way round by two people at once, the one of the highest
number is in force. The first version is published and confirmed by people whom it names itself: before it nobody is
known. A policy of format 1, from before people had identities, lies among the master data. It is in force until the
first confirmation.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from billproof.approvals.policy import Policy
from billproof.approvals.same_people import SamePerson, same_people
from billproof.callers import Identity
from billproof.decision_keys import PolicyKey
from billproof.errors import NotFound
from billproof.ids import is_name, shown
from billproof.model import Model
from billproof.ports import Document, Key, Record, Records
from billproof.store_keys import partition_name, sort_key

MOMENT = timedelta(minutes=1)
"""How long a decision that is being taken may still hold to the version that was just replaced."""


class PublishedPolicy(Model):
    """A version of a policy, as somebody published it."""

    policy: Policy
    published_by: Identity
    published_at: str


class PolicyConfirmation(Model):
    """That somebody else confirmed a version, which is in force since."""

    version: int
    confirmed_by: Identity
    person: str
    confirmed_at: str


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A version, who published it, and since when it is in force; one of format 1 was in force at all times."""

    policy: Policy
    published: PublishedPolicy | None = None
    confirmation: PolicyConfirmation | None = None

    @property
    def place(self) -> Key:
        """Where it is said that it is in force: by its confirmation; by itself, of format 1."""
        if self.published is None:
            return Key("catalog", sort_key("policy", self.policy.id, f"v{self.policy.version:06d}"))
        return Key(_partition(self.policy.id), str(PolicyKey(self.policy.version, confirmed=True)))

    def in_force(self, at: datetime | None = None) -> bool:
        """Say whether it is confirmed, or was at a moment."""
        if self.published is None or self.confirmation is None:
            return self.published is None
        return at is None or datetime.fromisoformat(self.confirmation.confirmed_at) <= at


@dataclass(frozen=True)
class PolicyHistory:
    """Every version of a legal entity's policy, the oldest first."""

    versions: tuple[PolicyVersion, ...]

    @cached_property
    def people(self) -> list[SamePerson]:
        """Everybody whom a version names that is or was in force: what nobody confirmed makes nobody another one."""
        return same_people(version.policy for version in self.versions if version.in_force())

    def number(self, version: int) -> PolicyVersion | None:
        """Return a version of format 2 by its number, or None."""
        return next((known for known in self.versions if known.published and known.policy.version == version), None)

    def in_force(self, at: datetime | None = None) -> PolicyVersion | None:
        """Return the version that is in force, or was at a moment, or None."""
        return next((version for version in reversed(self.versions) if version.in_force(at)), None)

    def before(self, version: int, at: datetime | None = None) -> PolicyVersion | None:
        """Return the last version of a lower number that is confirmed, or was at a moment, or None."""
        lower = (known for known in reversed(self.versions) if known.confirmation and known.policy.version < version)
        return next((known for known in lower if known.in_force(at)), None)

    def in_force_for(self, caller: Identity, at: datetime) -> PolicyVersion | None:
        """Return the version that a caller decides under: the last one in force that the caller did not publish."""
        usable = (version for version in reversed(self.versions) if version.in_force(at))
        return next((version for version in usable if not self.published_by(version, caller)), None)

    def may_have_been_used(self, version: int, caller: Identity, at: datetime) -> bool:
        """Say whether a decision of a moment may have been taken under a version by a caller."""
        chosen = (self.in_force_for(caller, moment) for moment in self.moments(at))
        return any(used is not None and used.published and used.policy.version == version for used in chosen)

    def moments(self, at: datetime) -> list[datetime]:
        """Return when a decision of a moment may have looked: then, a little before, and where versions followed.

        v2 in force ----| v3 ---| v4 ----        a decision that looked under v3 is written under v4
                        ^       ^      ^ at
        """
        confirmed = (version.confirmation.confirmed_at for version in self.versions if version.confirmation)
        between = {moment for moment in map(datetime.fromisoformat, confirmed) if at - MOMENT < moment < at}
        return [at, *sorted(between, reverse=True), at - MOMENT]

    def published_by(self, version: PolicyVersion, caller: Identity) -> bool:
        """Say whether a caller published a version, under any id and identity that this person ever had."""
        return version.published is not None and self.same_person(version.published.published_by, caller)

    def knows(self, caller: Identity) -> bool:
        """Say whether a caller is a person of the version in force."""
        version = self.in_force()
        return version is not None and version.policy.person_of(caller) is not None

    def is_same(self, one: Identity | None, other: Identity) -> bool:
        """Say whether somebody, if it was anybody known, is the same person as another."""
        return one is not None and self.same_person(one, other)

    def same_person(self, one: Identity, other: Identity) -> bool:
        """Say whether two identities are one, or are of one person over all versions that were in force."""
        return one == other or any({one, other} <= person.identities for person in self.people)

    def is_person(self, caller: Identity, name: str) -> bool:
        """Say whether a caller is the person who has, or had in any version, a name."""
        return any(caller in person.identities and name in person.ids for person in self.people)

    def ids_of(self, caller: Identity, at: datetime) -> tuple[str, ...]:
        """Return every id that the person of an identity had until a moment, the first one first."""
        until = same_people(version.policy for version in self.versions if version.in_force(at))
        return tuple(dict.fromkeys(name for person in until if caller in person.identities for name in person.ids))

    def name_of(self, identity: Identity) -> str:
        """Return the id of the person of an identity in the newest version that names it, else the identity itself."""
        people = (version.policy.person_of(identity) for version in reversed(self.versions))
        return next((person.id for person in people if person is not None), str(identity))

    def knows_identities(self, at: datetime) -> bool:
        """Say whether a policy whose people have identities was in force."""
        version = self.in_force(at)
        return version is not None and version.published is not None


class PolicyBook:
    """The policies, over the facts that only the API writes and, of before, the master data."""

    def __init__(self, records: Callable[[], Records], master_data: Records) -> None:
        self._records = records
        self._master_data = master_data

    def publish(self, published: PublishedPolicy) -> bool:
        """Keep a version; False where that version is there already."""
        policy = published.policy
        return self._records().create(_record(policy.id, PolicyKey(policy.version), published))

    def confirm(self, entity: str, confirmation: PolicyConfirmation) -> bool:
        """Keep a confirmation; False where there is one already."""
        record = _record(entity, PolicyKey(confirmation.version, confirmed=True), confirmation)
        in_force = self.history(entity).in_force()
        return self._records().create(replace(record, before=in_force.place if in_force else None))

    def history(self, entity: str) -> PolicyHistory:
        """Return every version of a legal entity's policy."""
        documents: dict[PolicyKey, Document] = {}
        for record in self._records().query(_partition(entity)):
            documents[PolicyKey.parse(record.key.sort)] = record.document
        versions = [*self._of_before(entity)]
        for key in sorted(key for key in documents if not key.confirmed):
            published = PublishedPolicy.model_validate(documents[key])
            confirmed = documents.get(PolicyKey(key.version, confirmed=True))
            confirmation = PolicyConfirmation.model_validate(confirmed) if confirmed else None
            versions.append(PolicyVersion(published.policy, published, confirmation))
        return PolicyHistory(tuple(versions))

    def in_force(self, entity: str) -> Policy:
        """Return the policy in force; one that knows nobody where none is. Raises NotFound for what is no name."""
        version = self.history(entity).in_force()
        if version is None and not is_name(entity):
            message = f"there is no legal entity {shown(entity)}"
            raise NotFound(message)
        return version.policy if version else Policy(id=entity, version=1)

    def holds(self, policy: Policy) -> bool:
        """Say whether this very version, with these very terms, is what is kept."""
        return any(version.policy == policy for version in self.history(policy.id).versions)

    def _of_before(self, entity: str) -> Iterator[PolicyVersion]:
        for record in self._master_data.query("catalog", prefix=sort_key("policy", entity, "")):
            policy = Policy.model_validate(record.document)
            if policy.format == 1:
                yield PolicyVersion(policy)


class RememberedPolicies(PolicyBook):
    """The policies, each history read once: for a reader of what does not change meanwhile."""

    def __init__(self, book: PolicyBook) -> None:
        super().__init__(book._records, book._master_data)  # noqa: SLF001 - it is one itself
        self._histories: dict[str, PolicyHistory] = {}

    def history(self, entity: str) -> PolicyHistory:
        """Return every version of a legal entity's policy."""
        if entity not in self._histories:
            self._histories[entity] = super().history(entity)
        return self._histories[entity]


def _partition(entity: str) -> str:
    return partition_name("policies", entity)


def _record(entity: str, key: PolicyKey, fact: Model) -> Record:
    return Record(Key(_partition(entity), str(key)), fact.model_dump(mode="json"))
