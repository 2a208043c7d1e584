"""Random lives on the whole chain of billproof against the reference model: LIVES=1000 SEED=7 tries more of them.

A life that fails is shrunk by hypothesis and printed as a table, with its document: it becomes a case of the tables.
"""

import copy
import os
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, assume, given, seed, settings
from hypothesis import strategies as st

from billproof.invoicing.model import Invoice
from billproof.pricing.quoting import quote
from tests.lives.price_requests import price_request
from tests.reference import model
from tests.reference.bridge import Issued, NotAnsweredError, Player
from tests.reference.bridge_answers import Product, documents_of, left_of
from tests.reference.bridge_lines import amounts_of, earned_for_ever
from tests.reference.bridge_tables import named, table_of
from tests.reference.days import add_months, day_of
from tests.reference.figures import Document
from tests.reference.lines import Slot
from tests.reference.lives import lives
from tests.reference.lives_charges import Drawn
from tests.reference.lives_family import families
from tests.reference.model import Amounts

SEED = int(os.environ.get("SEED", "0"))
LIVES = settings(
    max_examples=int(os.environ.get("LIVES", "25")),
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
ZERO = Decimal(0)
PRODUCT = Product()
REFUSED = "what is billed"


def answered(life: Document, right: Mapping[str, object], got: Mapping[str, object]) -> None:
    """Fail with a table where what is right and what was got are not the same."""
    assert right == got, table_of(life, right, got)


def played(life: Document, *, previews: bool = False) -> list[Issued]:
    """Play a life; one that the product refuses or holds fails with its table."""
    player = Player(life, previews=previews)
    try:
        player.play()
    except NotAnsweredError as error:
        answered(life, {}, {REFUSED: str(error)})
    return player.issued


def by_slot(amounts: dict[Slot, Amounts]) -> dict[str, object]:
    return {
        named(slot): f"{each.net:.2f}, of it drawn {each.drawn:.2f}"
        for slot, each in amounts.items()
        if each.net or each.drawn
    }


def without_notes(life: Document) -> Document:
    return {**copy.deepcopy(life), "credit_notes": []}


@st.composite
def shuffled(draw: Drawn) -> Document:
    """Draw a life whose months are run late, and so in another order than that of the calendar."""
    life: Document = copy.deepcopy(draw(lives()))
    for number, run in enumerate(life["runs"][:-1]):
        due = day_of(run["at"][:10])
        late = add_months(due, draw(st.sampled_from((0, 1, 2))))
        run["at"] = f"{late}T12:{number:02d}:00Z"
    return life


@seed(SEED)
@LIVES
@given(lives() | families() | shuffled())
def test_what_is_billed_in_the_end_is_what_is_owed_after_concessions(life: Document) -> None:
    owed = {
        slot: Amounts(each.net - each.conceded, each.net - each.conceded - each.payable, each.payable)
        for slot, each in model.owed(life).items()
    }
    answered(life, by_slot(owed), by_slot(left_of(played(life))))


@seed(SEED)
@LIVES
@given(lives() | families() | shuffled())
def test_every_document_bills_and_gives_back_what_is_right(life: Document) -> None:
    right = [(each.note or each.month, each.amounts) for each in model.billed(life)]
    got = [(each.note or each.month, amounts_of(each.parts)) for each in played(life)]
    answered(life, by_document(right), by_document(got))


def by_document(documents: Iterable[tuple[str, dict[Slot, Amounts]]]) -> dict[str, object]:
    return {
        f"document {number} ({name}), {slot}": amount
        for number, (name, amounts) in enumerate(documents, start=1)
        for slot, amount in by_slot(amounts).items()
    }


@seed(SEED)
@LIVES
@given(lives() | shuffled())
def test_nothing_is_left_below_zero_nor_above_what_is_owed_and_was_approved(life: Document) -> None:
    issued = played(life)
    for number, document in enumerate(issued, start=1):
        owed = model.owed(life, document.at.isoformat())
        approved = amounts_of(part for each in issued[:number] if each.note for part in each.parts)
        for slot, left in left_of(issued[:number]).items():
            most = (owed[slot].net if slot in owed else ZERO) + (-approved[slot].net if slot in approved else ZERO)
            name = f"left of {named(slot)} after document {number}"
            sound = left.net >= 0 and left.drawn >= 0 and left.money >= 0
            answered(life, {}, {} if sound else {name: left})
            if document.note is None:
                answered(life, {}, {} if left.net <= most else {name: f"{left.net}, at most {most}"})


@seed(SEED)
@LIVES
@given(lives())
def test_in_advance_and_in_arrears_come_to_the_same(life: Document) -> None:
    totals = {}
    for timing in ("in_advance", "in_arrears"):
        other = without_notes(life)
        for entry in other["contracts"]:
            for charge in entry["terms"]["charges"]:
                charge.pop("refund", None)
                if charge["price"]["model"] in ("flat", "seats") or "quantity" in charge:
                    charge["timing"] = timing
        after = day_of(other["runs"][-1]["month"] + "-01")
        other["runs"] += _years_end(after, other["runs"][-1]["at"])
        totals[timing] = sum((each.money for each in left_of(played(other)).values()), ZERO)
    answered(life, {"total": totals["in_advance"]}, {"total": totals["in_arrears"]})


def _years_end(after: date, at: str) -> list[Document]:
    """Return a run of the month in which the longest service period has ended, whose fee in arrears it bills."""
    month = add_months(after, 13)
    return [{"month": f"{month:%Y-%m}", "at": f"{add_months(month, 1).replace(day=3)}{at[10:]}"}]


@seed(SEED)
@LIVES
@given(lives() | families())
def test_earned_to_date_is_never_below_zero_never_above_what_is_owed_and_equals_it(life: Document) -> None:
    to_date: dict[Slot, Decimal] = {}
    try:
        months = PRODUCT.earned(life)
    except NotAnsweredError as error:
        answered(life, {}, {REFUSED: str(error)})
        return
    owed = {slot: each.net - each.conceded for slot, each in model.owed(life).items()}
    for month, slots in months.items():
        for slot, amount in slots.items():
            to_date[slot] = to_date.get(slot, ZERO) + amount
        below = {f"{named(slot)} by {month}": amount for slot, amount in to_date.items() if amount < 0}
        answered(life, {}, below)
    over = max(run["month"] for run in life["runs"])
    for slot, amount in owed.items():
        got = to_date.get(slot, ZERO)
        if f"{slot.end:%Y-%m}" <= over:
            answered(life, {named(slot): amount}, {named(slot): got})
        elif got > amount:
            answered(life, {named(slot): f"at most {amount}"}, {named(slot): got})


@seed(SEED)
@LIVES
@given(lives())
def test_each_month_earns_what_is_right(life: Document) -> None:
    try:
        months = PRODUCT.earned(life)
    except NotAnsweredError as error:
        answered(life, {}, {REFUSED: str(error)})
        return
    answered(life, by_month(model.earned(life)), by_month(months))


def by_month(months: dict[str, dict[Slot, Decimal]]) -> dict[str, object]:
    return {
        f"{month} earns of {named(slot)}": f"{each:.2f}"
        for month, slots in months.items()
        for slot, each in slots.items()
    }


@seed(SEED)
@LIVES
@given(lives())
def test_an_invoice_and_its_full_credit_note_are_zero(life: Document) -> None:
    """In money, in tax, in credits that were drawn, and in revenue: the account is in a state that taxes."""
    life = without_notes(life)
    player = Player(life, state="NY", recognizes=True)
    try:
        player.play()
        player.credit_everything()
    except NotAnsweredError as error:
        answered(life, {}, {REFUSED: str(error)})
    documents = [document for each in player.issued for document in each.documents]
    parts = [part for each in player.issued for part in each.parts]
    got: dict[str, object] = {
        "net": sum((each.totals.net.amount for each in documents), ZERO),
        "tax": sum((each.totals.tax.amount for each in documents), ZERO),
        "earned": sum((earned_for_ever(each) for each in documents_of(player.issued)), ZERO),
        "revenue in the ledger": player.booked_revenue(),
        **by_slot(amounts_of(parts)),
    }
    answered(life, {"net": ZERO, "tax": ZERO, "earned": ZERO, "revenue in the ledger": ZERO}, got)


@seed(SEED)
@LIVES
@given(lives() | families())
def test_a_preview_is_the_invoice(life: Document) -> None:
    for each in played(life, previews=True):
        for document in each.documents if each.note is None else ():
            previewed = each.previewed.get(document.buyer.id)
            answered(life, _amounts_by_line(document), {} if previewed is None else _amounts_by_line(previewed))


def _amounts_by_line(document: Invoice) -> dict[str, object]:
    return {f"{line.priced.explanation.contract}/{line.priced.id}": str(line.amounts) for line in document.lines}


@st.composite
def priced_at_once(draw: Drawn) -> Document:
    """Draw a life under one version whose usage comes in time, without seats that telemetry sees."""
    life: Document = without_notes(draw(lives()))
    entry = life["contracts"][0]
    entry["published"] = None
    terms = entry["terms"]
    terms["charges"] = [charge for charge in terms["charges"] if charge.get("seats_meter") is None]
    assume(terms["charges"])
    names = {charge["id"] for charge in terms["charges"]}
    for kind in ("discounts", "caps", "commitments", "credits", "waivers"):
        terms[kind] = [term for term in terms.get(kind, ()) if set(term["charges"]) <= names]
    meters = {charge.get("meter") for charge in terms["charges"]}
    life["meters"] = [meter for meter in life["meters"] if meter["id"] in meters]
    types = {meter["event_type"] for meter in life["meters"]}
    life["usage"] = [{**event, "received": event["time"]} for event in life["usage"] if event["type"] in types]
    life["contracts"] = [entry]
    life["runs"] = life["runs"][:1]
    return life


@seed(SEED)
@LIVES
@given(priced_at_once())
def test_a_price_request_of_the_first_month_comes_to_its_invoice(life: Document) -> None:
    (issued,) = played(life)
    lines = [line.priced for document in issued.documents for line in document.lines]
    amount = quote(price_request(life, lines)).amount.amount
    answered(life, {"price": sum((line.net.amount for line in lines), ZERO)}, {"price": amount})
