"""The names that a person types: which legal entity, month, account or run is meant, or may have been meant."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NoReturn

from billproof.errors import NotFound
from billproof.identities import RunId
from billproof.periods import Period
from billproof.pipeline.month_facts import signed_off
from billproof.pipeline.starting import due_months, run_key
from billproof.pipeline.turns import runs_in_turn
from billproof_ops.errors import OpsError, WrongUse
from billproof_ops.target import Target

RUNS_LOOKED_AT = 500
MONTHS_LOOKED_AT = 2
"""The last months of a legal entity, whose documents and exceptions may have been meant by a name that is none."""
NAMES_SHOWN = 5


def refuse_unknown(kind: str, name: str, known: Collection[str]) -> NoReturn:
    """Raise OpsError for a name that does not exist, with the nearest ones that do."""
    spelt = {word.lower(): word for word in known}
    near = [spelt[word] for word in get_close_matches(name.lower(), spelt, n=NAMES_SHOWN, cutoff=0.5)]
    meant = near or sorted(known)[:NAMES_SHOWN]
    more = ", …" if len(known) > len(meant) and not near else ""
    message = f"there is no {kind} {name!r}: " + (f"{', '.join(meant)}{more}" if meant else "nor any other")
    raise OpsError(message)


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a legal entity, and the stack that it is on."""

    target: Target
    legal_entity: str
    period: str


def legal_entity(target: Target, name: str = "") -> str:
    """Return the legal entity that is meant: the one named, or the only one there is.

    Raises OpsError for another name, and WrongUse where none is named and there are several.
    """
    known = [entity.id for entity in target.ports.directory.legal_entities()]
    if name:
        return name if name in known else refuse_unknown("legal entity", name, known)
    if len(known) == 1:
        return known[0]
    if not known:
        message = "there is no legal entity yet: billproof init makes files of one, billproof publish sends them"
        raise OpsError(message)
    message = f"name a legal entity with --legal-entity: {', '.join(known)}"
    raise WrongUse(message)


def billed_month(name: str = "", period: str = "") -> Month:
    """Return the month that is meant, of which there are runs: the one named, or the only one that is open.

    Raises OpsError where no run billed it, InvalidPeriod for what is no month, and WrongUse where several are open.
    """
    month = any_month(name, period)
    billed = billed_months(month.target, month.legal_entity)
    if month.period not in billed:
        refuse_unknown(f"run of {month.legal_entity} in", month.period, billed)
    return month


def any_month(name: str = "", period: str = "") -> Month:
    """Return the month that is meant, whether a run billed it or not: the one named, or the only one that is open."""
    target = Target.find()
    entity = legal_entity(target, name)
    if period:
        return Month(target, entity, Period.month(period).name)
    months = open_months(target, entity)
    if len(months) == 1:
        return Month(target, entity, months[0])
    message = f"name a month with --period: {entity} has {', '.join(months) or 'none'} open"
    raise WrongUse(message)


def open_months(target: Target, entity: str) -> list[str]:
    """Return the months of a legal entity that have a run and are not signed off, oldest first."""
    return [month for month in billed_months(target, entity) if signed_off(target.ports.runs, entity, month) is None]


def billed_months(target: Target, entity: str) -> list[str]:
    """Return the months of a legal entity that have a run, oldest first."""
    runs = (RunId.parse(run) for run in runs_in_turn(target.ports.runs, entity, limit=RUNS_LOOKED_AT))
    return sorted({run.period for run in runs})


def month_to_bill(name: str = "", period: str = "") -> Month:
    """Return the month that is meant to be billed next: the one named, or the oldest that is due and has no run."""
    target = Target.find()
    entity = legal_entity(target, name)
    if period:
        return Month(target, entity, Period.month(period).name)
    ports = target.ports
    (profile,) = (known for known in ports.directory.legal_entities() if known.id == entity)
    due = due_months(profile, ports.runs, ports.billing_runs, ports.now(), ports.settings.grace)
    if due:
        return Month(target, entity, due[0])
    message = f"no month of {entity} is due without a run: name one with --period"
    raise WrongUse(message)


def account(target: Target, name: str, entity: str = "") -> str:
    """Return an account's legal entity; raises OpsError where there is no such account, or another one bills it."""
    profile = target.ports.directory.account(name)
    if profile is not None:
        if entity and profile.legal_entity != legal_entity(target, entity):
            message = f"{entity} does not bill {name}: {profile.legal_entity} does"
            raise OpsError(message)
        return profile.legal_entity
    entities = [entity] if entity else [profile.id for profile in target.ports.directory.legal_entities()]
    known = {member for bills in entities for member in target.ports.directory.members(bills)}
    return refuse_unknown("account", name, known)


def run(target: Target, name: str) -> str:
    """Return the id of a run that there is, or of an execution that began before its record; raises OpsError."""
    runs = target.ports.runs
    with suppress(NotFound):  # it is no id of a run
        if runs.get(run_key(name)) is not None or target.ports.billing_runs.status(name) is not None:
            return name
    entities = [profile.id for profile in target.ports.directory.legal_entities()]
    known = [run_id for entity in entities for run_id in runs_in_turn(runs, entity, limit=RUNS_LOOKED_AT)]
    return refuse_unknown("run", name, known)


def exception(target: Target, name: str) -> str:
    """Return the id of an exception that there is; raises OpsError for another name."""
    store = target.ports.exception_store
    try:
        return store.state(name).opened.id
    except NotFound:
        pass
    entities = [profile.id for profile in target.ports.directory.legal_entities()]
    months = [(entity, month) for entity in entities for month in billed_months(target, entity)[-MONTHS_LOOKED_AT:]]
    known = [state.opened.id for entity, month in months for state in store.of_period(entity, month)]
    return refuse_unknown("exception", name, known)


def month_so_far(target: Target, entity: str, period: str = "") -> str:
    """Return the month named, or the one that is under way where the legal entity is."""
    if period:
        return Period.month(period).name
    profile = target.ports.directory.legal_entity(entity)
    return Period.month_before(target.ports.now(), profile.time_zone).next().name
