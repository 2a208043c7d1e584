"""The note for a month's close: its sources, from the reconciliation, the run and the sign-off, and its template."""

from collections.abc import Callable
from datetime import date

from billproof.approvals.variances import amount_of, variances_of
from billproof.findings import VarianceCategory
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money
from billproof.periods import Period
from billproof.pipeline.model import RunStatement
from billproof.pipeline.month_facts import OpenPoint, SignOff
from billproof.reconciliation.model import Reconciliation
from billproof.writing.facts import amount, clause, day, month, named, number, statement
from billproof.writing.model import SourceFact, TextKind, TextSources

MOST_POINTS = 20
"""Open points that a note lists, the largest first; the others are counted."""

type NameOf = Callable[[str], str]
"""Returns the name of an account."""


def sources_of_close(
    entity: LegalEntity,
    report: Reconciliation,
    *,
    run: RunStatement | None,
    signed: SignOff | None,
    name_of: NameOf,
) -> TextSources:
    """Return the facts of a month: what was billed and posted, what differs, and who signed it off with what open."""
    invoiced = report.invoiced
    facts = [
        named("legal_entity", entity.name, personal=False, required=True),
        month("month", Period.month(report.period).start, required=True),
        number("invoices", report.invoices, "document", "documents", required=True),
        number("postings", report.postings, "posting", "postings", required=True),
        amount("net", invoiced.net),
        amount("tax", invoiced.tax),
        amount("gross", invoiced.gross, required=True),
        amount("posted", report.posted_receivable, required=True),
        *_variance_facts(report),
        *(_run_facts(run) if run is not None else ()),
        *(_sign_off_facts(signed, name_of) if signed is not None else ()),
        statement("sign_off", "the month is signed off" if signed is not None else "the month is not signed off"),
    ]
    if report.reconciled_at:
        facts.append(day("reconciled_on", date.fromisoformat(report.reconciled_at[:10]), required=True))
    return TextSources(kind=TextKind.CLOSE, facts=tuple(facts))


def _variance_facts(report: Reconciliation) -> list[SourceFact]:
    """Return what differs, by category and currency: how many, and what they come to together."""
    sums: dict[tuple[VarianceCategory, str], list[Money]] = {}
    for variance in variances_of(report):
        money = amount_of(variance)
        sums.setdefault((variance.category, money.currency), []).append(money)
    if not sums:
        return [statement("balance", "the comparison has no variance")]
    return [
        statement(f"variances_{place}", f"{category.value.replace('_', ' ')}: {_count(amounts)}")
        for place, ((category, _), amounts) in enumerate(sorted(sums.items()), 1)
    ]


def _count(amounts: list[Money]) -> str:
    whole = amounts[0].plus(amounts[1:])
    return f"{len(amounts)} {'variance' if len(amounts) == 1 else 'variances'}, together {whole}"


def _run_facts(run: RunStatement) -> list[SourceFact]:
    return [
        statement("run", f"invoices that the last run released: {run.released}, and held: {run.held}"),
        number("events", run.events.metered, "metered event", "metered events"),
        number(
            "quarantined",
            run.quarantined + run.quarantined_unattributed,
            "event in quarantine",
            "events in quarantine",
            required=True,
        ),
    ]


def _sign_off_facts(signed: SignOff, name_of: NameOf) -> list[SourceFact]:
    points = sorted(signed.open_points, key=lambda point: (-point.amount.amount, point.variance))
    facts = [
        named("signed_by", signed.signed_by, required=True),
        day("signed_on", date.fromisoformat(signed.signed_at[:10]), required=True),
    ]
    for place, point in enumerate(points[:MOST_POINTS], 1):
        facts += _point_facts(f"point_{place}", point, name_of)
    if len(points) > MOST_POINTS:
        facts.append(
            number("more_points", len(points) - MOST_POINTS, "further open point", "further open points", required=True)
        )
    return facts


def _point_facts(name: str, point: OpenPoint, name_of: NameOf) -> list[SourceFact]:
    said = f"{point.category.value.replace('_', ' ')} over {point.amount}, days open: {point.age_days}"
    return [
        statement(f"{name}_open", said),
        named(f"{name}_customer", name_of(point.account) if point.account else "nobody"),
        named(f"{name}_accepted_by", point.accepted_by),
        clause(f"{name}_reason", point.reason),
    ]


def note(sources: TextSources) -> str:
    """Write the note for a month's close."""
    said, has = sources.text, sources.has
    compared = (
        f" It was compared with the ERP and the payments on {said('reconciled_on')}." if has("reconciled_on") else ""
    )
    lines = [
        f"Close of {said('month')}, {said('legal_entity')}",
        "",
        f"Invoiced: {said('invoices')}, net {said('net')}, tax {said('tax')}, in all {said('gross')}.",
        f"Posted: {said('postings')}, receivable {said('posted')}.{compared}",
    ]
    if has("run"):
        lines.append(f"Billing: {said('run')}; {said('events')}, {said('quarantined')}.")
    lines += ["", "What differs:", *(f"- {one}" for one in sources.listed("variances_"))]
    if has("balance"):
        lines.append(f"- Nothing: {said('balance')}")
    lines += ["", f"Sign-off: {said('sign_off')}."]
    if has("signed_by"):
        lines.append(f"It was signed by {said('signed_by')} on {said('signed_on')}.")
    for place, point in enumerate(sources.listed("point_", "_open"), 1):
        name = f"point_{place}"
        who = f"{said(f'{name}_customer')}, accepted by {said(f'{name}_accepted_by')}: {said(f'{name}_reason')}"
        lines.append(f"- Open: {point}, {who}")
    if has("more_points"):
        lines.append(f"With them stay {said('more_points')}, which are not listed here.")
    return "\n".join(lines)
