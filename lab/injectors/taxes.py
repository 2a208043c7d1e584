"""Tax that is not charged: certificates, registrations and addresses that are wrong in the master data."""

from copy import deepcopy
from random import Random

from lab.scene import Injected, Point, Scene, cause

TAX = Point.TAX
CERTIFICATE = {"jurisdiction": "US-NY", "certificate": "ST-119", "reason": "resale"}


def taxed(scene: Scene) -> str:
    """Return an account in New York, where tax is due."""
    return str(next(one["id"] for one in scene.accounts if one["address"].get("region") == "NY"))


@cause(TAX, "a certificate has ended", ("2013-03-20", "2013-02-15", "2013-01-02"))
def certificate_ended(scene: Scene, end: str, draw: Random) -> Injected:
    """Let a certificate end; what is at stake is the tax of the days after it, which somebody might forget."""
    account = taxed(scene)
    edit(scene, account, exemptions=[{**CERTIFICATE, "effective": {"start": "2013-01-01", "end": end}}])

    def twin(other: Scene) -> None:
        edit(other, account, exemptions=[{**CERTIFICATE, "effective": {"start": "2013-01-01", "end": None}}])

    return Injected(accounts=frozenset({account}), twin=twin)


@cause(TAX, "a certificate is entered with an end far too late", ("2013-02-01", "2014-01-01", None))
def certificate_entered_wrongly(scene: Scene, end: str | None, draw: Random) -> Injected:
    account = taxed(scene)
    edit(scene, account, exemptions=[{**CERTIFICATE, "effective": {"start": "2013-01-01", "end": end}}])
    return Injected(accounts=frozenset({account}))


@cause(TAX, "a customer's address is that of a state without tax", (1, 2, 3))
def address_of_another_state(scene: Scene, count: int, draw: Random) -> Injected:
    names = [one["id"] for one in scene.accounts if one["address"].get("region") in {"NY", "WA"}][:count]
    for account in names:
        address = {"lines": ["1 Elm"], "city": "Atlanta", "postal_code": "30354", "region": "GA", "country": "US"}
        edit(scene, account, address=address)
    return Injected(accounts=frozenset(names))


@cause(TAX, "sales pass a state's threshold, and nobody registers there", ("WA", "TX", "NY"))
def nexus_passed(scene: Scene, state: str, draw: Random) -> Injected:
    entity = deepcopy(scene.facts["entity"])
    kept = [one for one in entity["tax_registrations"] if one["jurisdiction"] != f"US-{state}"]
    scene.facts = scene.facts | {"entities": [{**entity, "version": 2, "tax_registrations": kept}]}
    return Injected(accounts=frozenset(one["id"] for one in scene.accounts if one["address"].get("region") == state))


def edit(scene: Scene, account: str, **fields: object) -> None:
    """Change what is published of an account."""
    scene.accounts = [{**one, **fields} if one["id"] == account else one for one in scene.accounts]
