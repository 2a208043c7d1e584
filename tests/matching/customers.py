"""Customers whose names look alike, families with a parent that pays, and the accounts that they pay from."""

import random
from dataclasses import dataclass

_FIRST_TEXT = (
    "Northwind Bluewater Müller Schäfer Brandt Castellan Delacroix Evergreen Fjordland Granite Helios "
    "Ironbridge Juniper Kestrel Lindqvist Maréchal Nordlicht Ostermann Pallas Quantum Redwood Søndergaard "
    "Tamarack Ulrich Vantage Westbrook Xenon Yarrow Zephyr Alder Birch Corvus Dunmore Elmwood Falkner "
    "Gotthard Hawthorn Isar Jasper Königsberg Larkspur Meridian Nimbus Orchard Peregrine Quarry Rowan "
    "Saltmarsh Thornton Umbra Vela Wexford Acme Contoso"
)
_FIRST = _FIRST_TEXT.split()
_SECOND_TEXT = (
    "Logistics Software Systems Trading Foods Energy Robotics Consulting Media Analytics Textiles Pharma "
    "Instruments Networks Holdings Capital Freight Studios Travel Motors Chemicals Optics Design Labs "
    "Security Data Retail Cloud Airlines Insurance"
)
_SECOND = _SECOND_TEXT.split()
_FORMS_TEXT = "GmbH;AG;Inc.;Ltd;LLC;S.A.;SARL;B.V.;Oy;GmbH & Co. KG;Corp.;PLC;AB;S.p.A.;SE;Pty Ltd"
_FORMS = _FORMS_TEXT.split(";")
_PLACES_TEXT = "Berlin Hamburg Wien Zürich Lyon Madrid Oslo Porto Dublin Krakow Austin Boston Nord Süd Europe Asia"
_PLACES = _PLACES_TEXT.split()


@dataclass(frozen=True, slots=True)
class Customer:
    """An account, what its bank calls it, and the customer that pays for it, where another does."""

    id: str
    name: str
    iban: str
    known_iban: bool
    paid_by: str | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """What part of customers is called nearly like another, or exactly so, and has a parent that pays."""

    similar: float = 0.06
    same: float = 0.002
    children: float = 0.10
    known_ibans: float = 0.6


def customers(rng: random.Random, count: int, likeness: Likeness) -> list[Customer]:
    """Draw customers; a child's parent is among them, and comes before it."""
    drawn: list[Customer] = []
    taken: set[str] = set()
    while len(drawn) < count:
        parent = rng.choice(drawn) if drawn and rng.random() < likeness.children else None
        if parent is not None and parent.paid_by is not None:
            parent = None
        name = _name(rng, drawn, parent, likeness)
        if name in taken and rng.random() > likeness.same * 10:
            continue
        taken.add(name)
        drawn.append(
            Customer(
                id=f"c{len(drawn):05d}",
                name=name,
                iban=f"DE{rng.randrange(10**20):020d}",
                known_iban=rng.random() < likeness.known_ibans,
                paid_by=parent.id if parent else None,
            )
        )
    return drawn


def _name(rng: random.Random, drawn: list[Customer], parent: Customer | None, likeness: Likeness) -> str:
    if parent is not None and rng.random() < 0.6:
        return f"{_bare(parent.name)} {rng.choice(_PLACES)} {rng.choice(_FORMS)}"
    if drawn and rng.random() < likeness.same:
        return rng.choice(drawn).name
    if drawn and rng.random() < likeness.similar:
        return _similar(rng, rng.choice(drawn).name)
    middle = f" {rng.choice(_PLACES)}" if rng.random() < 0.3 else ""
    return f"{rng.choice(_FIRST)} {rng.choice(_SECOND)}{middle} {rng.choice(_FORMS)}"


def _bare(name: str) -> str:
    for form in sorted(_FORMS, key=len, reverse=True):
        name = name.removesuffix(f" {form}")
    return name


def _similar(rng: random.Random, name: str) -> str:
    bare = _bare(name)
    match rng.randrange(4):
        case 0:
            return f"{bare} {rng.choice(_FORMS)}"
        case 1:
            return f"{bare} {rng.choice(_PLACES)} {rng.choice(_FORMS)}"
        case 2:
            at = rng.randrange(1, len(bare) - 1)
            return f"{bare[:at]}{rng.choice('aeinrst')}{bare[at + 1 :]} {rng.choice(_FORMS)}"
        case _:
            return f"{bare} {rng.choice(_SECOND)} {rng.choice(_FORMS)}"
