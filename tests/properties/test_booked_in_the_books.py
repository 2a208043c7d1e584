"""A document in another currency is converted once: its books do not drift with its lines, nor when it is undone."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from billproof.invoicing.booking import booked_back, booked_lines
from billproof.invoicing.credit_amounts import Left
from billproof.invoicing.model import InvoiceLine
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.money import Money, Rounding, Taxed, share_out, total, unit
from billproof.pricing.model import Adjusts, PricedLine
from billproof.pricing.terms import AccountTerms, BilledLine, BookingRule, Charged, EarlierPeriod
from billproof.tax.rules import determine
from tests.support.exchange_rates import rate
from tests.support.taxes import customer, fee, seller

CURRENCIES = ("USD", "JPY", "KWD", "EUR")
JANUARY = ("2013-01-01", "2013-02-01")
TERMS = AccountTerms(account=customer("DE"), contracts=(), booking=BookingRule.BY_DOCUMENT)
TAX = determine(legal_entity=seller("DE"), account=customer("DE"), tax_point=date(2013, 1, 31))
units = st.integers(min_value=-(10**9), max_value=10**9)


@st.composite
def rates(draw: st.DrawFn) -> ExchangeRate:
    base, quote = draw(st.permutations(CURRENCIES))[:2]
    return rate(str(draw(st.decimals(min_value="0.001", max_value=500, places=5))), pair=f"{base}-{quote}")


def money(amount: int, currency: str) -> Money:
    return Money.of(amount * unit(currency), currency)


def lines_of(amounts: Sequence[tuple[int, int]], currency: str) -> list[tuple[PricedLine, Taxed]]:
    taxed = [Taxed.of(money(net, currency), money(tax, currency)) for net, tax in amounts]
    return [
        (fee(*JANUARY, each.net.text, currency=currency, id=f"fee-{place}"), each) for place, each in enumerate(taxed)
    ]


def booked(terms: AccountTerms, lines: Sequence[tuple[PricedLine, Taxed]], at: ExchangeRate) -> list[Taxed]:
    found = booked_lines(terms, lines, at, Rounding.HALF_UP)
    return [each for each in found if each is not None]


documents = st.lists(st.tuples(units, units), min_size=1, max_size=30)


@given(documents, rates(), st.sampled_from(Rounding))
def test_the_books_of_a_document_are_its_totals_converted_once(
    amounts: list[tuple[int, int]], at: ExchangeRate, rounding: Rounding
) -> None:
    currency, books = at.currencies
    lines = lines_of(amounts, currency)
    found = [each for each in booked_lines(TERMS, lines, at, rounding) if each is not None]
    whole = Taxed.total([each for _, each in lines], currency)
    assert Taxed.total(found, books) == at.convert_taxed(whole, rounding)
    for (_, mine), share in zip(lines, found, strict=True):
        assert abs(share.net.amount - at.exact(mine.net)) < unit(books)
        assert abs(share.tax.amount - at.exact(mine.tax)) < unit(books)


@given(documents, rates(), rates(), st.data())
def test_what_was_billed_and_is_taken_back_is_zero_in_the_books(
    amounts: list[tuple[int, int]], billed_at: ExchangeRate, other: ExchangeRate, data: st.DataObject
) -> None:
    """In one or two steps, each at a rate of its own, among lines that bill other things."""
    taken_at = billed_at.model_copy(update={"rate": other.rate})
    currency, books = billed_at.currencies
    lines = lines_of(amounts, currency)
    charged = [
        Charged(amounts=mine, booked=each)
        for (_, mine), each in zip(lines, booked(TERMS, lines, billed_at), strict=True)
    ]
    left = charged
    for is_last in (False, True):
        parts = [
            -each.amounts.net.amount if is_last else -data.draw(st.integers(0, 100)) * each.amounts.net.amount / 100
            for each in left
        ]
        nets = [Money.rounded(part, currency, Rounding.HALF_UP) for part in parts]
        back = [
            (_difference(line, net), Taxed.of(net, -each.amounts.tax if is_last else Money.zero(currency)))
            for (line, _), net, each in zip(lines, nets, left, strict=True)
        ]
        others = lines_of([(100, 19), (-7, 0)], currency)
        found = booked(_terms(lines, left), [*back, *others], taken_at)
        alone = booked(TERMS, others, taken_at)
        assert found[len(back) :] == alone
        left = [
            each + Charged(amounts=mine, booked=share)
            for each, (_, mine), share in zip(left, back, found[: len(back)], strict=True)
        ]
    assert all(each.amounts.gross.is_zero and each.booked.gross.is_zero for each in left)
    assert total((each.booked.net for each in left), books).is_zero


def _difference(line: PricedLine, net: Money) -> PricedLine:
    adjusts = Adjusts(period="2013-01", line=line.id, numbers=("1",))
    return line.model_copy(update={"net": net, "adjusts": adjusts})


def _terms(lines: Sequence[tuple[PricedLine, Taxed]], charged: Sequence[Charged]) -> AccountTerms:
    billed = tuple(
        BilledLine(
            line=line.id,
            contract=line.explanation.contract,
            contract_version=1,
            recognition_method=line.recognition.method,
            recognized_over=line.recognition.period,
            numbers=("1",),
            charged=each,
            **{
                name: getattr(line, name)
                for name in ("account", "charge", "description", "product", "revenue_category", "service_period")
            },
            **{name: getattr(line, name) for name in ("covered", "dimension", "net", "quantity")},
            included_quantity=line.included_quantity,
            billed_quantity=line.billed_quantity,
        )
        for (line, _), each in zip(lines, charged, strict=True)
    )
    period = lines[0][0].service_period
    earlier = EarlierPeriod(period=period, ordinal=1, contracts=(), rounding=Rounding.HALF_UP, billed=billed)
    return TERMS.model_copy(update={"earlier": (earlier,)})


@given(documents, rates(), st.data())
def test_credit_notes_in_parts_take_back_all_that_was_booked_and_never_drift(
    amounts: list[tuple[int, int]], at: ExchangeRate, data: st.DataObject
) -> None:
    currency, books = at.currencies
    lines = lines_of(amounts, currency)
    lefts = [
        Left(_invoice_line(line, mine, each), mine.net, mine.tax, each)
        for (line, mine), each in zip(lines, booked(TERMS, lines, at), strict=True)
    ]
    for percents in (data.draw(st.lists(st.integers(0, 100), min_size=len(lefts), max_size=len(lefts))), None):
        credits_ = [
            (left, _part(left, 100 if percents is None else percents[place])) for place, left in enumerate(lefts)
        ]
        back = booked_back(credits_)
        exact = Decimal(0)
        for (left, credit), mine in zip(credits_, back, strict=True):
            net = left.line.amounts.net.amount
            kept = left.line.in_books.net.amount * (left.net + credit.net).amount / net if net else Decimal(0)
            exact += kept - left.booked.net.amount
            assert abs(mine.net.amount - (kept - left.booked.net.amount)) < unit(books)
        assert abs(total((each.net for each in back), books).amount - exact) <= unit(books) / 2
        lefts = [
            Left(left.line, left.net + credit.net, left.tax + credit.tax, left.booked + mine)
            for (left, credit), mine in zip(credits_, back, strict=True)
        ]
    assert all(left.booked.net.is_zero and left.booked.tax.is_zero for left in lefts)


def _part(left: Left, percent: int) -> Taxed:
    parts = [-amount.amount * percent / 100 for amount in (left.net, left.tax)]
    net, tax = (Money.rounded(part, left.net.currency, Rounding.HALF_UP) for part in parts)
    return Taxed.of(net, tax)


def _invoice_line(line: PricedLine, amounts: Taxed, in_books: Taxed) -> InvoiceLine:
    return InvoiceLine(
        priced=line,
        taxable_base=amounts.net,
        amounts=amounts,
        tax_by_line=amounts.tax,
        determination=TAX,
        booked=in_books,
    )


def test_a_hundred_lines_of_a_cent_are_booked_as_one_dollar() -> None:
    at = rate("1.3550")
    lines = lines_of([(1, 0)] * 100, "USD")
    assert total((each.net for each in booked(TERMS, lines, at)), "EUR") == Money.of("0.74", "EUR")
    by_line = AccountTerms(account=customer("DE"), contracts=())  # frozen before the rule was written down
    assert total((each.net for each in booked(by_line, lines, at)), "EUR") == Money.of("1.00", "EUR")


def test_shares_of_opposite_amounts_cancel_out_and_whole_ones_stay() -> None:
    third = Decimal(100) / 3
    parts = [third, Decimal(5), -third, third, third]
    shares = share_out(Money.of("71.67", "USD"), parts)
    assert [share.text for share in shares] == ["33.34", "5.00", "-33.33", "33.33", "33.33"]
    assert [each.text for each in share_out(Money.of(0, "JPY"), [Decimal("0.4"), Decimal("-0.4")])] == ["0", "0"]
