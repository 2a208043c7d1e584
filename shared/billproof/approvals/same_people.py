"""Who is one person over the versions of a policy, whatever the person is called and calls by.

    v1  ana {A}    v2  ana {B}      the same id, where neither A nor B is somebody else's: one person
                   v3  anaw {B}     an identity in common: the same person
                   v4  eve {E}      neither: a newcomer, whom those vouch for who published and confirmed v4

An identity counts before an id: where v2 gave A to another id, that would be ana, and its own `ana` a newcomer. Such a
version is not published any more; one of before is read so.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from billproof.approvals.policy import Person, Policy
from billproof.callers import Identity


@dataclass(eq=False, slots=True)
class SamePerson:
    """A person over all versions: every id, the first one first, and every identity."""

    last: Person
    since: int
    """The place of the first version that names the person."""
    ids: list[str] = field(default_factory=list)
    identities: set[Identity] = field(default_factory=set)

    def goes_on_as(self, person: Person) -> None:
        """Take over what a later version says of the person."""
        self.last = person
        self.identities.update(person.identities)
        if person.id not in self.ids:
            self.ids.append(person.id)

    def has_identity_of(self, person: Person) -> bool:
        """Say whether a person of a version calls by an identity that this one ever had."""
        return not self.identities.isdisjoint(person.identities)

    def is_called(self, person: Person) -> bool:
        """Say whether a person of a version has an id that this one ever had."""
        return person.id in self.ids


def same_people(policies: Iterable[Policy]) -> list[SamePerson]:
    """Return everybody whom versions of a policy name, the oldest version first."""
    known: list[SamePerson] = []
    for place, policy in enumerate(policies):
        here: list[SamePerson] = []
        left = list(policy.people)
        for is_one in (_has_id_and_identity, SamePerson.has_identity_of, SamePerson.is_called):
            left = _go_on(left, known, here, is_one)
        for person in left:
            newcomer = SamePerson(person, since=place)
            newcomer.goes_on_as(person)
            known.append(newcomer)
    return known


def _has_id_and_identity(one: SamePerson, person: Person) -> bool:
    return one.is_called(person) and one.has_identity_of(person)


def _go_on(
    people: Iterable[Person],
    among: list[SamePerson],
    here: list[SamePerson],
    is_one: Callable[[SamePerson, Person], bool],
) -> list[Person]:
    """Find who of some people was known before, each at most once; return those who are left."""
    left = []
    for person in people:
        same = next((one for one in reversed(among) if one not in here and is_one(one, person)), None)
        if same is None:
            left.append(person)
        else:
            same.goes_on_as(person)
            here.append(same)
    return left
