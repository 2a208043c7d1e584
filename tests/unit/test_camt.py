"""CAMT.053 and CAMT.054: batches, reversals, amounts in other currencies, pages, and what is refused."""

import pytest

from billproof.adapters.bank_files.parsing import parse_statement
from billproof.errors import InvalidInput
from billproof.money import Money
from billproof.payments.statements import BankStatement, MovementKind, receipts

ENTRY = """<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{more}<Sts>BOOK</Sts>
<BookgDt><Dt>2026-11-23</Dt></BookgDt><ValDt><Dt>2026-11-23</Dt></ValDt><AcctSvcrRef>REF-1</AcctSvcrRef>
<NtryDtls>{details}</NtryDtls></Ntry>"""
BALANCE = """<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount}</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-23</Dt></Dt></Bal>"""


def file(*entries: str, balances: str = "", version: str = "053.001.02", before: str = "") -> bytes:
    return f"""<?xml version="1.0"?>{before}
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{version}"><BkToCstmrStmt><GrpHdr/><Stmt><Id>1</Id>
<Acct><Id><Othr><Id>0123 456</Id></Othr></Id></Acct>{balances}{"".join(entries)}</Stmt></BkToCstmrStmt></Document>
""".encode()


def entry(amount: str, side: str = "CRDT", details: str = "", more: str = "") -> str:
    return ENTRY.format(amount=amount, side=side, details=details, more=more)


def balances(opening: str, closing: str, codes: tuple[str, str] = ("OPBD", "CLBD")) -> str:
    ends = zip(codes, (opening, closing), strict=True)
    return "".join(BALANCE.format(code=code, amount=amount) for code, amount in ends)


def read(closing: str, *entries: str) -> BankStatement:
    [statement] = parse_statement(file(*entries, balances=balances("0.00", closing)))
    return statement


def payment(amount: str, name: str, text: str) -> str:
    return f"""<TxDtls><Amt Ccy="EUR">{amount}</Amt><RltdPties><Dbtr><Nm>{name}</Nm></Dbtr></RltdPties>
<RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>"""


def test_a_batch_whose_payments_add_up_is_one_receipt_for_each() -> None:
    batch = read("30.00", entry("30.00", details=payment("10.00", "A", "INV 1") + payment("20.00", "B", "INV 2")))
    assert [(part.party.name, part.amount.text, part.remittance, part.in_batch) for part in batch.entries] == [
        ("A", "10.00", "INV 1", True),
        ("B", "20.00", "INV 2", True),
    ]
    assert [receipt.reference for receipt in receipts(batch, "INC")] == [f"{batch.id}/1", f"{batch.id}/2"]


def test_a_batch_that_does_not_add_up_stays_one_receipt_with_all_of_its_text_and_no_payer() -> None:
    [whole] = read("30.00", entry("30.00", details=payment("10.00", "A", "INV 1") + payment("19.00", "B", "2"))).entries
    assert (whole.amount.text, whole.remittance, whole.party.name) == ("30.00", "INV 1\n2", None)


def test_the_amount_is_what_was_booked_and_not_what_was_sent_or_charged() -> None:
    details = """<TxDtls><AmtDtls><InstdAmt><Amt Ccy="USD">1100.00</Amt></InstdAmt><TxAmt><Amt Ccy="EUR">1000.00</Amt>
</TxAmt></AmtDtls><Chrgs><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></Chrgs></TxDtls>"""
    [booked] = read("1000.00", entry("1000.00", details=details)).entries
    assert (booked.amount, booked.kind) == (Money.of("1000.00", "EUR"), MovementKind.CREDIT)
    assert (booked.original, booked.charges) == (Money.of("1100.00", "USD"), Money.of("5.00", "EUR"))


@pytest.mark.parametrize(
    ("exchange", "rate"),
    [
        ("<SrcCcy>USD</SrcCcy><TrgtCcy>EUR</TrgtCcy><UnitCcy>EUR</UnitCcy>", ("EUR", "USD", "1.1")),
        ("<SrcCcy>USD</SrcCcy><TrgtCcy>EUR</TrgtCcy><UnitCcy>USD</UnitCcy>", ("USD", "EUR", "1.1")),
        ("<SrcCcy>USD</SrcCcy><TrgtCcy>EUR</TrgtCcy>", None),
        ("<SrcCcy>USD</SrcCcy><TrgtCcy>EUR</TrgtCcy><UnitCcy>GBP</UnitCcy>", None),
    ],
)
def test_the_banks_rate_counts_where_it_says_of_which_currency_one_unit_is_priced(
    exchange: str, rate: tuple[str, str, str] | None
) -> None:
    """What the payer sent goes along with the receipt; a statement that was read without the rate is the same one."""
    details = f"""<TxDtls><AmtDtls><InstdAmt><Amt Ccy="USD">1100.00</Amt><CcyXchg>{exchange}<XchgRate>1.1</XchgRate>
</CcyXchg></InstdAmt><TxAmt><Amt Ccy="EUR">1000.00</Amt></TxAmt></AmtDtls></TxDtls>"""
    statement = read("1000.00", entry("1000.00", details=details))
    [booked], [receipt] = statement.entries, receipts(statement, "INC")
    said = booked.bank_rate and (booked.bank_rate.base, booked.bank_rate.quote, str(booked.bank_rate.rate))
    assert said == rate
    assert (receipt.original, receipt.bank_rate) == (Money.of("1100.00", "USD"), booked.bank_rate)
    without = statement.model_copy(update={"entries": (booked.model_copy(update={"bank_rate": None}),)})
    assert without.id == statement.id


@pytest.mark.parametrize(("currency", "rate"), [("EUR", "0"), ("EUR", "1.1234567890123456"), ("XXQ", "1.1")])
def test_a_rate_that_converts_nothing_keeps_no_money_out(currency: str, rate: str) -> None:
    """Nought, more decimals than are kept, a currency that is none: the file is taken, and the rate is not there."""
    exchange = f"<SrcCcy>USD</SrcCcy><TrgtCcy>{currency}</TrgtCcy><UnitCcy>USD</UnitCcy><XchgRate>{rate}</XchgRate>"
    details = f"<TxDtls><AmtDtls><TxAmt><CcyXchg>{exchange}</CcyXchg></TxAmt></AmtDtls></TxDtls>"
    [booked] = read("1000.00", entry("1000.00", details=details)).entries
    assert (booked.amount, booked.bank_rate) == (Money.of("1000.00", "EUR"), None)


@pytest.mark.parametrize(
    ("side", "more", "details", "kind"),
    [
        ("CRDT", "", "", MovementKind.CREDIT),
        ("CRDT", "<RvslInd>false</RvslInd>", "", MovementKind.CREDIT),
        ("DBIT", "<RvslInd>true</RvslInd>", "", MovementKind.REVERSAL),
        ("CRDT", "<RvslInd>1</RvslInd>", "", MovementKind.DEBIT_REVERSAL),
        ("DBIT", "", "<TxDtls><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls>", MovementKind.REVERSAL),
        ("CRDT", "", "<TxDtls><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls>", MovementKind.DEBIT_REVERSAL),
    ],
)
def test_what_was_taken_back_is_no_payment(side: str, more: str, details: str, kind: MovementKind) -> None:
    moved = entry("10.00", side, details, more)
    opening, closing = ("10.00", "0.00") if side == "DBIT" else ("0.00", "10.00")
    [statement] = parse_statement(file(moved, balances=balances(opening, closing)))
    assert [booked.kind for booked in statement.entries] == [kind]
    assert bool(receipts(statement, "INC")) is (kind is MovementKind.CREDIT)


def test_a_structured_reference_is_told_apart_from_other_text() -> None:
    text = """<TxDtls><RmtInf><Ustrd>THANK YOU</Ustrd><Strd><RfrdDocInf><Nb>2026-000001</Nb></RfrdDocInf><CdtrRefInf>
<Ref>RF18 5390 0754 7034</Ref></CdtrRefInf></Strd><Strd><CdtrRefInf><Ref>21 00000</Ref></CdtrRefInf></Strd></RmtInf>
</TxDtls>"""
    [booked] = read("1.00", entry("1.00", details=text)).entries
    assert (booked.structured, booked.remittance) == ("RF18539007547034", "THANK YOU\n2026-000001\n21 00000")


def test_two_structured_references_are_text() -> None:
    references = "".join(f"<Strd><CdtrRefInf><Ref>RF18A{n}</Ref></CdtrRefInf></Strd>" for n in (1, 2))
    [booked] = read("1.00", entry("1.00", details=f"<TxDtls><RmtInf>{references}</RmtInf></TxDtls>")).entries
    assert (booked.structured, booked.remittance) == (None, "RF18A1\nRF18A2")


def test_pending_entries_are_not_booked() -> None:
    assert len(read("1.00", entry("1.00"), entry("9.00").replace("BOOK", "PDNG")).entries) == 1


def test_a_page_between_others_has_interim_balances() -> None:
    [page] = parse_statement(file(entry("1.00"), balances=balances("5.00", "6.00", ("ITBD", "ITBD"))))
    assert (page.opening, page.closing) == (Money.of("5", "EUR"), Money.of("6", "EUR"))


def test_the_closing_balance_of_the_day_before_opens_a_statement() -> None:
    [statement] = parse_statement(file(entry("1.00"), balances=balances("5.00", "6.00", ("PRCD", "CLBD"))))
    assert (statement.account, statement.currency) == ("0123456", "EUR")


BOMB = """<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>"""
OUTSIDE = """<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>"""


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (file(before=BOMB), r"a document type is not allowed.*line 1"),
        (file(before=OUTSIDE), "a document type is not allowed"),
        (b"<a>" * 100, "nested deeper than 40"),
        (file(version="052.001.02"), "neither CAMT.053 nor CAMT.054"),
        (file(entry("1.00"))[:-40], "not well-formed XML, or it is cut off"),
        (file().replace(b'"1.0"', b'"1.0" encoding="x-none"'), "not well-formed XML"),
        (file(entry("1.00")), "an opening balance"),
        (file(balances=balances("1.00", "1.00") * 2), "an opening balance .*, once"),
        (file(entry("1e2"), balances=balances("0.00", "100.00")), "not an amount.*line 5, element Amt"),
        (file(entry("1,00"), balances=balances("0.00", "1.00")), "not an amount"),
        (file(entry("-1.00"), balances=balances("0.00", "1.00")), "not an amount"),
        (file(entry("0.001"), balances=balances("0.00", "1.00")), "finer than the minor unit of EUR"),
        (file(entry("1.00").replace("EUR", "EUX"), balances=balances("0.00", "1.00")), "not a currency"),
        (file(entry("1.00", side="C"), balances=balances("0.00", "1.00")), "neither CRDT nor DBIT"),
        (file(entry("1.00"), balances=balances("0.00", "1.01")), r"make 1\.00, and closing is 1\.01 EUR"),
        (file(entry("1.00").replace("11-23", "11-24"), balances=balances("0.00", "1.00")), "not within the statement"),
        (file(entry("1.00").replace("11-23", "11-31"), balances=balances("0.00", "1.00")), "not a day"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(data: bytes, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        parse_statement(data)


def test_an_error_says_nothing_of_what_stands_there() -> None:
    with pytest.raises(InvalidInput) as refused:
        read("1.00", entry("MISTER SECRET"))
    assert "SECRET" not in str(refused.value)
