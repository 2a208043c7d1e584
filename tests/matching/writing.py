"""What people and banks write on a payment: numbers as they come, texts around them, and names that banks change."""

import random
import re
import unicodedata

_AROUND = (
    "{n}", "Invoice {n}", "Rechnung {n}", "Inv. {n}", "RE {n}", "Rg.-Nr. {n} KdNr 4711", "Payment of {n}, thank you",
    "facture {n} client 20431", "Rechnung {n} vom {d}", "{n} PO 450012{p}", "INVOICE NO {n} DATED {d}", "BILL {n}",
    "SVWZ+Rechnung {n} EREF+NOTPROVIDED", "Our ref 77{p} your ref {n}", "Factura {n} importe {a}", "{n} EUR {a}",
)  # fmt: skip
_WITHOUT = (
    "", "", "Payment", "Zahlung", "thank you", "monthly fee", "Sammelüberweisung", "your invoice", "PO 450012{p}",
    "Rechnung vom {d}", "Account 20{p}", "Software subscription", "Vielen Dank", "invoice dated {d}",
)  # fmt: skip
_SLIPS = {"0": "O", "1": "I", "5": "S", "8": "B", "S": "5", "O": "0", "I": "1", "B": "8"}


def number_as_written(rng: random.Random, number: str) -> str:
    """Write a number as a person types it, digits right."""
    return rng.choice(
        (
            number, number, number, number, number.lower(), number.replace("-", ""), number.replace("-", " "),
            number.replace("-", "/"), number.replace("-", " - "), number.replace("-", "", 1), number.replace("-", "."),
        )
    )  # fmt: skip


def with_slips(rng: random.Random, number: str) -> str:
    """Take one to three characters for others that look like them."""
    places = [at for at, character in enumerate(number) if character in _SLIPS]
    chosen = set(rng.sample(places, min(len(places), rng.choice((1, 1, 2, 3)))))
    return "".join(_SLIPS[letter] if at in chosen else letter for at, letter in enumerate(number))


def with_wrong_digit(rng: random.Random, number: str) -> str:
    """Type one digit of the last six wrong, or two in the wrong order, or leave one out."""
    at = rng.randrange(len(number) - 5, len(number) - 1)
    match rng.randrange(3):
        case 0:
            return f"{number[:at]}{rng.choice([x for x in '0123456789' if x != number[at]])}{number[at + 1 :]}"
        case 1:
            return f"{number[:at]}{number[at + 1]}{number[at]}{number[at + 2 :]}"
        case _:
            return f"{number[:at]}{number[at + 1 :]}"


def text_around(rng: random.Random, numbers: list[str], amount: int) -> str:
    """Write a text with some numbers in it, or without any."""
    listed = rng.choice((", ", " + ", "; ", " ", " und ", "/ ", "\n")).join(numbers)
    pattern = rng.choice(_AROUND) if numbers else rng.choice(_WITHOUT)
    day = f"{rng.randrange(1, 29):02d}.{rng.randrange(1, 13):02d}.2025"
    figure = f"{amount // 100},{amount % 100:02d}"
    return pattern.format(n=listed, d=day, p=f"{rng.randrange(10000):04d}", a=figure)


def cut_every_35(rng: random.Random, text: str) -> str:
    """Break a text as banks do that carry lines of 35 characters."""
    lines = [text[at : at + 35] for at in range(0, len(text), 35)]
    return rng.choice(("\n", " ", "\r\n")).join(lines)


def name_as_written(rng: random.Random, name: str) -> str:
    """Write a payer's name as its bank does: in capitals, without its form, cut off, without signs on letters."""
    plain = unicodedata.normalize("NFKD", name.replace("ü", "ue").replace("ö", "oe").replace("ä", "ae"))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter)).replace("ø", "o")
    at = rng.randrange(1, len(name) - 1)
    department = rng.choice(("Accounts Payable", "Buchhaltung", "Treasury"))
    written = (
        *[plain.upper()] * 4,
        re.sub(r" (GmbH.*|AG|Inc\.|Ltd|LLC|S\.A\.|B\.V\.|Corp\.|PLC|SE|AB|Oy)$", "", name),
        plain.upper()[:27],
        re.sub(r"[.,&-]", " ", plain).upper(),
        f"{name} {department}",
        name[:at] + name[at + 1 :],
        *[name] * 11,
    )
    return rng.choice(written)


PEOPLE = ("J. Petersen", "Maria Rossi", "Payoneer Europe", "Factoring Nord", "Anna Kowalska", "TreasuryOne", "K. Iyer")
"""Who pays for customers without being one."""


def creditor_reference(number: str) -> str:
    """Write an invoice's number as a structured reference, with check digits as ISO 11649 has them."""
    body = number.replace("-", "")
    digits = "".join(str(int(letter, 36)) for letter in f"{body}RF00")
    return f"RF{98 - int(digits) % 97:02d}{body}"
