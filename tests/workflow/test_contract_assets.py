"""What is earned before it is billed is a contract asset: booked, shown, released when it is billed."""

from datetime import UTC, datetime
from typing import Any

from billproof.conservation.service import balance_run
from billproof.erp.recognition import waterfall
from billproof.invoicing.model import Invoice
from billproof.ledger.model import JournalEntry
from billproof.ledger.obligations import obligations
from billproof.money import Money, total
from billproof.pricing.terms import BookingRule
from tests.support.charges import fee, miles
from tests.support.exchange_rates import rate
from tests.support.lives import Life, month, off
from tests.support.waiting import run, waiting
from tests.support.world import INC

QUARTER: dict[str, Any] = {"cadence": {"interval": "quarter"}}
ENDS = {"effective": {"start": "2013-01-01", "end": "2013-04-01"}}
REVENUE, ASSETS, DEFERRED, RECEIVABLE = "4100", "1250", "2400", "1100"


def entries(life: Life, account: str = "UA") -> list[JournalEntry]:
    """Return every entry of an account in the embedded ledger, or of all."""
    found = [
        JournalEntry.model_validate(document)
        for key, document in life.world.records["ledger"].items.items()
        if key.partition.startswith("documents#")
    ]
    return [entry for entry in found if account in ("", entry.billing_account)]


def moved(life: Life, *accounts: str, months: int = 4) -> list[tuple[str, ...]]:
    """Return what each month moves on some accounts: a debit above zero."""
    mine = entries(life)
    currency = mine[0].currency
    return [
        tuple(total((each.on(account) for each in mine if each.period == name), currency).text for account in accounts)
        for name in map(month, range(1, months + 1))
    ]


def through(life: Life, *numbers: int) -> Life:
    """Bill and recognize some months, one after another."""
    for number in numbers:
        life.bill(number)
        life.world.recognize(month(number))
    return life


def assets(life: Life, months: int = 4) -> list[tuple[str, ...]]:
    found = waterfall(
        legal_entity=INC,
        first="2013-01",
        months=months,
        directory=life.world.directory,
        register=life.world.register,
        objects=life.world.objects,
    )
    return [(each.assets_opening.text, each.assets_change.text, each.assets_closing.text) for each in found]


def test_a_quarter_in_arrears_is_an_asset_until_it_is_billed() -> None:
    """900.00 for 90 days: 310.00 are earned by January, 590.00 by February, 900.00 by March, which bills it."""
    life = through(Life(fee("900", **QUARTER, **ENDS), miles("1")), 1, 2, 3)
    assert moved(life, REVENUE, ASSETS, DEFERRED, months=3) == [
        ("-310.00", "310.00", "0.00"),
        ("-280.00", "280.00", "0.00"),
        ("-310.00", "-590.00", "0.00"),
    ]
    assert assets(life) == [
        ("0.00", "310.00", "310.00"),
        ("310.00", "280.00", "590.00"),
        ("590.00", "-590.00", "0.00"),
        ("0.00", "0.00", "0.00"),
    ]
    (released,) = [each for each in entries(life) if each.external_reference.endswith("-R-2013-02")]
    assert {(line.account, line.amount.text) for line in released.lines} == {(ASSETS, "-310.00"), (REVENUE, "310.00")}
    assert all(life.world.reconcile(period=month(number)).variances == () for number in (1, 2, 3))
    life.world.recognize("2013-02")
    assert moved(life, REVENUE, months=3) == [("-310.00",), ("-280.00",), ("-310.00",)]


def test_the_statement_of_a_run_shows_contract_assets_and_whether_they_are_posted() -> None:
    life = Life(fee("900", **QUARTER, **ENDS), miles("1"))
    life.bill(1)
    run_id = f"{INC}-2013-01-001"
    for place, posted in (("posted", True), ("not posted", False)):
        if not posted:
            ledger = life.world.records["ledger"].items
            for key in [key for key in ledger if "UA" in str(ledger[key])]:
                del ledger[key]
        statement = balance_run(run_id, stores=life.world.stores())
        (shown,) = [each for each in statement.equations if each.code == "contract assets"]
        assert {name: f"{part:f}" for name, part in shown.parts.items() if part} == {place: "310.00"}
        assert f"{shown.total:f}" == "310.00"


def test_what_is_accrued_goes_by_what_is_owed_after_discounts() -> None:
    """900.00 less 10 %: 810 x 31/90 = 279.00 in January."""
    life = through(Life(fee("900", **QUARTER, **ENDS), miles("1"), discounts=[off(percent="10")]), 1)
    assert moved(life, REVENUE, ASSETS, months=1) == [("-279.00", "279.00")]


def test_a_quarter_that_ends_early_gives_back_what_was_accrued_for_it() -> None:
    """Ended on 1 February, known in March: 310.00 were owed, 590.00 were earned by February."""
    life = through(Life(fee("900", **QUARTER, **ENDS), miles("1")), 1, 2)
    ends = {"effective": {"start": "2013-01-01", "end": "2013-02-01"}}
    life.publish("2013-01-01", fee("900", **QUARTER, **ends), miles("1"))
    through(life, 3)
    assert moved(life, REVENUE, ASSETS, months=3)[2] == ("280.00", "-590.00")
    assert assets(life)[2] == ("590.00", "-590.00", "0.00")


def test_a_chart_without_an_account_for_contract_assets_books_them_on_deferred_revenue() -> None:
    life = Life(fee("900", **QUARTER, **ENDS), miles("1"))
    entity = life.world.directory.legal_entity(INC)
    chart = entity.chart_of_accounts.model_copy(update={"contract_assets": None})
    life.world.publish(entity.model_copy(update={"version": 2, "chart_of_accounts": chart}))
    through(life, 1, 2, 3)
    assert moved(life, REVENUE, DEFERRED, months=3) == [
        ("-310.00", "310.00"),
        ("-280.00", "280.00"),
        ("-310.00", "-590.00"),
    ]


def test_an_asset_in_another_currency_is_released_as_it_was_booked() -> None:
    life = Life(fee("900", **QUARTER, **ENDS), miles("1"), currency="EUR")
    days = ("2013-01-31", "2013-02-28", "2013-03-31")
    life.world.publish(*(rate(value, day) for value, day in zip(("1.10", "1.20", "1.30"), days, strict=True)))
    through(life, 1, 2, 3)
    assert moved(life, REVENUE, ASSETS, months=3) == [
        ("-341.00", "341.00"),  # 310 x 1.10
        ("-367.00", "367.00"),  # 590 x 1.20 - 341
        ("-462.00", "-708.00"),  # 900 x 1.30 - 708
    ]


def test_documents_of_before_accrue_nothing_and_are_earned_line_by_line() -> None:
    invoice = through(Life(fee("900", **QUARTER, **ENDS), miles("1")), 1).world.invoice(f"{INC}.2013-01.UA")
    document = invoice.model_dump(mode="json")
    assert (document.pop("booking"), len(document.pop("accrued"))) == ("by_fee", 1)
    before = Invoice.model_validate(document)
    assert before.booking is BookingRule.BY_LINE
    assert before.model_dump(mode="json") == document
    assert [each.place for each in obligations(before)] == list(range(len(before.lines)))


def released(life: Life, number: int, now: datetime) -> None:
    life.world.moment = now
    (mine,) = [
        state.opened.id
        for state in life.world.exception_store.of_period(INC, month(number))
        if state.opened.subject == "UA" and state.status == "open"
    ]
    life.world.decide(mine, "approved", "ben")
    assert life.world.apply(mine).outcome == "released"
    life.world.post(f"{INC}.{month(number)}.UA")


def test_usage_whose_invoice_waits_is_an_asset_until_it_is_released() -> None:
    """100.00 of January wait until 10 March: an asset at the end of January and February."""
    life = waiting(miles("1"))
    life.use("2013-01-05", "100")
    run(life, 1)
    assert moved(life, REVENUE, ASSETS, RECEIVABLE, months=1) == [("-100.00", "100.00", "0.00")]
    life.world.recognize("2013-02")
    assert moved(life, REVENUE, ASSETS, months=2)[1] == ("0.00", "0.00")
    booked = total((each.on(ASSETS) for each in entries(life, "") if each.legal_entity == INC), "USD").text
    assert assets(life, 2)[1][2] == booked != "0.00"  # those of the other accounts, too
    assert life.world.reconcile().variances == ()
    released(life, 1, datetime(2013, 3, 10, tzinfo=UTC))
    life.world.recognize("2013-03")
    assert moved(life, RECEIVABLE, ASSETS, months=3) == [("100.00", "100.00"), ("0.00", "0.00"), ("0.00", "-100.00")]
    assert total((each.on(REVENUE) for each in entries(life)), "USD") == Money.of("-100", "USD")


def test_what_an_invoice_that_waits_earns_of_days_to_come_is_accrued_month_by_month() -> None:
    """A year of 3,650.00 in advance waits: 310.00 by January, 590.00 by February; released on 10 March."""
    life = waiting(fee("3650", timing="in_advance", cadence={"interval": "year"}))
    run(life, 1)
    life.world.recognize("2013-02")
    assert moved(life, REVENUE, ASSETS, months=2) == [("-310.00", "310.00"), ("-280.00", "280.00")]
    released(life, 1, datetime(2013, 3, 10, tzinfo=UTC))
    for number in (1, 2, 3, 3):
        life.world.recognize(month(number))
    whole = [total((each.on(account) for each in entries(life)), "USD").text for account in (REVENUE, ASSETS, DEFERRED)]
    assert whole == ["-900.00", "0.00", "-2750.00"]


def test_an_invoice_that_is_drafted_anew_while_it_waits_accrues_what_is_owed_now() -> None:
    """100.00 of January are accrued; a run in March drafts 150.00, and February's end has 150.00."""
    life = waiting(miles("1"))
    life.use("2013-01-05", "100")
    run(life, 1)
    life.world.moment = datetime(2013, 2, 20, tzinfo=UTC)
    life.use("2013-01-06", "50")
    life.world.bill()
    life.world.recognize("2013-02")
    assert moved(life, REVENUE, ASSETS, months=2) == [("-100.00", "100.00"), ("-50.00", "50.00")]


def test_a_month_that_is_recognized_after_a_later_one_accrues_nothing_twice() -> None:
    life = waiting(miles("1"))
    life.use("2013-01-05", "100")
    life.world.moment = datetime(2013, 2, 2, 12, tzinfo=UTC)
    life.world.bill()
    run(life, 2)
    for name in ("2013-01", "2013-02", "2013-01", "2013-03"):
        life.world.recognize(name)
    assert total((each.on(ASSETS) for each in entries(life)), "USD") == Money.of("100", "USD")
