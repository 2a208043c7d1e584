"""Writers of banks' files, from the documented shapes of each format; they know the model, and no parser.

Each writes what its format can hold: `held_by` says what of a statement that is.
"""

from collections.abc import Callable, Iterator
from datetime import date
from xml.sax.saxutils import escape

from billproof.masterdata.csv_files import CsvColumns, CsvStatementFormat, DayFormat
from billproof.money import Money, exponent
from billproof.payments.model import Payer
from billproof.payments.statements import BankStatement, MovementKind, StatementEntry

LEAVES = {MovementKind.DEBIT, MovementKind.REVERSAL}
RETURNED = {MovementKind.REVERSAL, MovementKind.DEBIT_REVERSAL}
CUT = 35
NUMBERED_CUT = 27
LINE = 65
CSV_FORMAT = CsvStatementFormat(
    id="test-bank",
    encoding="utf-8",
    delimiter=";",
    decimal_sign=",",
    thousands_sign=".",
    day_format=DayFormat.DOTTED,
    order="newest_first",
    returned_texts=("R",),
    columns=CsvColumns(
        account="Account",
        currency="Currency",
        booked_on="Booked",
        value_on="Value",
        amount="Amount",
        balance="Balance",
        number="Number",
        reference="Reference",
        party_name="Name",
        party_account="IBAN",
        structured="Structured",
        end_to_end="End to end",
        remittance=("Text",),
        charges="Charges",
        original_amount="Sent",
        original_currency="Sent in",
        returned="Kind",
    ),
)


def cut(text: str, width: int) -> list[str]:
    """Cut a text every so many characters, wherever that falls."""
    return [text[start : start + width] for start in range(0, len(text), width)]


def flat(text: str) -> str:
    """Return a text without any blank: where a file cuts it is not the text's."""
    return "".join(text.split())


def plain(amount: Money) -> str:
    """Write an amount without its sign."""
    return Money.of(abs(amount.amount), amount.currency).text


def camt(statement: BankStatement, version: str = "053.001.08") -> bytes:
    """Write CAMT.053, or CAMT.054 where there are no balances."""
    notice = statement.is_notification
    message, node = ("BkToCstmrDbtCdtNtfctn", "Ntfctn") if notice else ("BkToCstmrStmt", "Stmt")
    version = version.replace("053", "054") if notice else version
    balances = "" if notice else _camt_balance("OPBD", statement.opening, statement.starts_on)
    balances += "" if notice else _camt_balance("CLBD", statement.closing, statement.ends_on)
    number = f"<ElctrncSeqNb>{statement.number}</ElctrncSeqNb>" if statement.number else ""
    entries = "\n".join(_camt_entry(entry) for entry in statement.entries)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{version}"><{message}><GrpHdr><MsgId>M</MsgId>
<CreDtTm>2026-11-26T05:00:00+01:00</CreDtTm></GrpHdr><{node}><Id>{escape(statement.bank_id or "S")}</Id>{number}
<CreDtTm>2026-11-26T05:00:00+01:00</CreDtTm><FrToDt><FrDtTm>{statement.starts_on}T00:00:00</FrDtTm>
<ToDtTm>{statement.ends_on}T23:59:59</ToDtTm></FrToDt><Acct><Id><IBAN>{statement.account}</IBAN></Id>
<Ccy>{statement.currency}</Ccy></Acct>{balances}
{entries}</{node}></{message}></Document>""".encode()


def _camt_amount(amount: Money | None, name: str = "Amt") -> str:
    assert amount is not None
    return f'<{name} Ccy="{amount.currency}">{plain(amount)}</{name}>'


def _camt_side(amount: Money) -> str:
    return f"<CdtDbtInd>{'DBIT' if amount.amount < 0 else 'CRDT'}</CdtDbtInd>"


def _camt_balance(code: str, amount: Money | None, day: date) -> str:
    assert amount is not None
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_camt_amount(amount)}{_camt_side(amount)}"
        f"<Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _camt_entry(entry: StatementEntry) -> str:
    role = "Dbtr" if entry.kind in {MovementKind.CREDIT, MovementKind.REVERSAL} else "Cdtr"
    name = f"<{role}><Pty><Nm>{escape(entry.party.name)}</Nm></Pty></{role}>" if entry.party.name else ""
    account = entry.party.account
    account = f"<{role}Acct><Id><IBAN>{account}</IBAN></Id></{role}Acct>" if account else ""
    side = "<RvslInd>true</RvslInd>" if entry.kind in RETURNED else ""
    sent = f"<AmtDtls><InstdAmt>{_camt_amount(entry.original)}</InstdAmt></AmtDtls>" if entry.original else ""
    charges = f"<Chrgs><Rcrd>{_camt_amount(entry.charges)}</Rcrd></Chrgs>" if entry.charges else ""
    text = "".join(f"<Ustrd>{escape(part)}</Ustrd>" for part in cut(entry.remittance, CUT))
    reference = entry.structured
    text += f"<Strd><CdtrRefInf><Ref>{reference}</Ref></CdtrRefInf></Strd>" if reference else ""
    return (
        f"<Ntry>{_camt_amount(entry.amount)}{_camt_side(entry.amount)}{side}<Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>{entry.booked_on}</Dt></BookgDt><ValDt><Dt>{entry.value_on}</Dt></ValDt>"
        f"<AcctSvcrRef>{entry.reference or 'NONREF'}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>"
        f"{entry.end_to_end or 'NOTPROVIDED'}</EndToEndId></Refs>{sent}{charges}<RltdPties>{name}{account}</RltdPties>"
        f"<RmtInf>{text}</RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def mt940(statement: BankStatement) -> bytes:
    """Write MT940 with numbered subfields in field 86, as German banks do."""
    lines = [
        "{1:F01TESTDEFFAXXX0000000000}{2:I940TESTDEFFXXXXN}{4:",
        f":20:{statement.bank_id}",
        f":25:{statement.account}",
        f":28C:{statement.number or 0:05}/{statement.page or 1:03}",
        f":60F:{_mt_balance(statement.opening, statement.starts_on)}",
    ]
    for entry in statement.entries:
        lines += _mt_entry(entry)
    lines += [f":62F:{_mt_balance(statement.closing, statement.ends_on)}", "-}", ""]
    return "\r\n".join(lines).encode()


def _mt_amount(amount: Money | None) -> str:
    assert amount is not None
    text = plain(amount).replace(".", ",")
    return text if "," in text else f"{text},"


def _mt_balance(amount: Money | None, day: date) -> str:
    assert amount is not None
    return f"{'D' if amount.amount < 0 else 'C'}{day:%y%m%d}{amount.currency}{_mt_amount(amount)}"


MARKS = {
    MovementKind.CREDIT: "C",
    MovementKind.DEBIT: "D",
    MovementKind.REVERSAL: "RC",
    MovementKind.DEBIT_REVERSAL: "RD",
}


def _mt_entry(entry: StatementEntry) -> list[str]:
    """Write fields 61 and 86: the text is cut every 27 characters, and the field every 65."""
    extra = f"/OCMT/{entry.original.currency}{_mt_amount(entry.original)}/" if entry.original else ""
    extra += f"/CHGS/{entry.charges.currency}{_mt_amount(entry.charges)}/" if entry.charges else ""
    days = f"{entry.value_on:%y%m%d}{entry.booked_on:%m%d}"
    line = f":61:{days}{MARKS[entry.kind]}{_mt_amount(entry.amount)}NTRFNONREF//{entry.reference or 'NONREF'}"
    text = f"SVWZ+{entry.structured or entry.remittance}"
    sent = [f"EREF+{entry.end_to_end}"] if entry.end_to_end else []
    parts = [part for piece in [*sent, text] for part in cut(piece, NUMBERED_CUT)]
    numbers = [*range(20, 30), *range(60, 64)]
    subfields = {number: part for number, part in zip(numbers, parts, strict=False) if number < 30}
    more = {number: part for number, part in zip(numbers, parts, strict=False) if number >= 60}
    name = cut(entry.party.name or "", NUMBERED_CUT)
    subfields |= {31: entry.party.account or ""} | dict(zip((32, 33), name, strict=False)) | more
    details = "166?00CREDIT" + "".join(f"?{number}{part}" for number, part in subfields.items())
    first, *others = _mt_lines(details)
    return [line, *([extra] if extra else []), f":86:{first}", *others]


def _mt_lines(text: str) -> Iterator[str]:
    """Cut a field into lines: none but its first begins with what begins a field or ends the message (SWIFT MT)."""
    while len(text) > LINE:
        end = LINE
        while text[end] in "-:{":
            end -= 1
        yield text[:end]
        text = text[end:]
    yield text


TYPE_CODES = {
    MovementKind.CREDIT: ("142", "165", "175", "195", "925"),
    MovementKind.DEBIT: ("455", "475", "495", "965"),
    MovementKind.REVERSAL: ("555", "557"),
    MovementKind.DEBIT_REVERSAL: ("257", "266"),
}
BAI_LINE = 80


def bai2(statement: BankStatement) -> bytes:
    """Write BAI2: amounts in minor units, the text cut at column 80 and continued in 88 records."""
    opening, closing = units(statement.opening), units(statement.closing)
    account = [f"03,{statement.account},{statement.currency},010,{opening},,Z,015,{closing},,Z/"]
    amounts = 0
    for place, entry in enumerate(statement.entries):
        account += _bai_entry(entry, place)
        amounts += abs(units(entry.amount))
    whole = opening + closing + amounts
    account.append(f"49,{whole},{len(account) + 1}/")
    lines = [
        f"01,BANK,US,{statement.ends_on:%y%m%d},0100,{statement.bank_id},{BAI_LINE},,2/",
        f"02,US,BANK,1,{statement.ends_on:%y%m%d},2359,{statement.currency},2/",
        *account,
        f"98,{whole},1,{len(account) + 2}/",
        f"99,{whole},1,{len(account) + 4}/",
    ]
    return "\n".join(lines).encode()


def units(amount: Money | None) -> int:
    """Return an amount in minor units."""
    assert amount is not None
    return int(amount.amount.scaleb(exponent(amount.currency)))


def _bai_entry(entry: StatementEntry, place: int) -> list[str]:
    codes = TYPE_CODES[entry.kind]
    head = f"16,{codes[place % len(codes)]},{abs(units(entry.amount))},V,{entry.value_on:%y%m%d},,"
    head += f"{entry.reference or ''},{entry.structured or ''},"
    if not entry.remittance:
        return [f"{head}/"]
    first, rest = entry.remittance[: BAI_LINE - len(head)], entry.remittance[BAI_LINE - len(head) :]
    return [head + first, *(f"88,{part}" for part in cut(rest, BAI_LINE - 3))]


def csv_file(statement: BankStatement) -> bytes:
    """Write CSV as CSV_FORMAT says, with a balance after each entry, the newest first."""
    headers = CSV_FORMAT.columns.headers
    lines = []
    balance = statement.opening
    assert balance is not None
    for entry in statement.entries:
        balance += entry.amount
        cells = {
            "Account": statement.account,
            "Currency": statement.currency,
            "Booked": f"{entry.booked_on:%d.%m.%Y}",
            "Value": f"{entry.value_on:%d.%m.%Y}",
            "Amount": _csv_amount(entry.amount),
            "Balance": _csv_amount(balance),
            "Number": str(statement.number or ""),
            "Reference": entry.reference or "",
            "Name": entry.party.name or "",
            "IBAN": entry.party.account or "",
            "Structured": entry.structured or "",
            "End to end": entry.end_to_end or "",
            "Text": entry.remittance,
            "Charges": _csv_amount(entry.charges),
            "Sent": _csv_amount(entry.original),
            "Sent in": entry.original.currency if entry.original else "",
            "Kind": "R" if entry.kind in RETURNED else "",
        }
        lines.append(";".join('"' + cells[header].replace('"', '""') + '"' for header in headers))
    return "\n".join([";".join(headers), *reversed(lines)]).encode()


def _csv_amount(amount: Money | None) -> str:
    if amount is None:
        return ""
    return f"{amount.amount:,.{exponent(amount.currency)}f}".translate(str.maketrans(",.", ".,"))


WRITERS: dict[str, Callable[[BankStatement], bytes]] = {
    "camt": camt,
    "mt940": mt940,
    "bai2": bai2,
    "csv": csv_file,
}


def held_by(name: str, statement: BankStatement) -> BankStatement:
    """Return what a format can hold of a statement."""
    if name == "csv":  # no balance without an entry, and the days are those of the entries
        days = [entry.booked_on for entry in statement.entries]
        return statement.model_copy(
            update={"bank_id": None, "page": None, "starts_on": min(days), "ends_on": max(days)}
        )
    if name == "camt":
        return statement.model_copy(update={"page": None})
    if name == "mt940":  # one of both texts
        entries = [
            entry.model_copy(update={"remittance": "" if entry.structured else entry.remittance[:300]})
            for entry in statement.entries
        ]
        return statement.model_copy(update={"entries": tuple(entries), "page": 1 if statement.number else None})
    bare = {"party": Payer(), "charges": None, "original": None, "end_to_end": None, "booked_on": statement.ends_on}
    return statement.model_copy(
        update={
            "entries": tuple(entry.model_copy(update=bare) for entry in statement.entries),
            "starts_on": statement.ends_on,
            "number": None,
            "page": None,
        }
    )
