"""What words in the text of a payment say of it: that something was taken off, that a bank kept it, whose a number is.

SKY-EU-2025-000012 abzgl. Gutschrift 000003    something was taken off, and 000003 is no invoice
SKY-EU-2025-000012 less bank charges           a bank kept what is missing
Kd.Nr. 000012, PO 000012                       a number of something else
SKY-EU-2025-000011, 12 und 13                  12 and 13 may be the ends of more numbers

Words of German, English, French, Portuguese, Spanish, Italian, Dutch and Japanese are known. An unknown word says
nothing, so a rule may only be less sure because of a word, never surer.
"""

import re
import unicodedata
from collections.abc import Iterable

from billproof.payments.model import CashReceipt
from billproof.payments.references import is_reference

_DASHES = "\u2212\u2043\ufe63\uff0d\u30fc\uff70"
"""Signs that people take for a dash, beside those that numbers are read with."""
_FULL_WIDTH = range(0xFF01, 0xFF5F)
_FULL_WIDTH_OFFSET = 0xFEE0

_CREDIT = (
    r"(?:CN|C/N|CRN|CM|GS|NC|AV"
    r"|gutschr\w*|storno\w*|(?:credit|kredit)nota\w*|avoirs?|abono|estorno|赤伝"
    r"|(?:cr|credit) ?(?:note|memo)s?|notas? de cr[eé]dito|nota di (?:credito|accredito)|notes? de cr[eé]dit"
    r"|(?<!ach )(?<!sepa )(?<!direct )(?<!giro )(?<!wire )credits?(?! ?(?:tra?ns?fer|tfr|trf)))"
)
_ENDING = r"(?:20[0-9]{2}[-/. ]?)?[0-9]{6}(?![0-9A-Za-z])"
CREDIT_NOTES = re.compile(
    rf"(?<![0-9A-Za-z]){_CREDIT}[^0-9,;\n]{{0,16}}{_ENDING}(?:\s?(?:,|\+|&|/|und|and|et|e|y)\s?{_ENDING})*",
    re.IGNORECASE,
)
"""Numbers of credit notes without what they begin with, and the word that says so."""
_OF_SOMETHING_ELSE = re.compile(
    r"(?<![0-9A-Za-z])(?:kd|kdnr|kunden?\w*|cust(?:omer)?|clients?|clientes?|acc(?:oun)?t|a/c|konto\w*|contas?"
    r"|p\.?o|(?:purchase )?orders?|best(?:ell\w*)?|auftrags?\w*|commandes?|cde|pedidos?|ordine"
    r"|vertrags?\w*|contrat\w*|contracts?|mandat\w*|[ekmc]ref|trace|batch|date|datum|tel|fax|plz|id"
    r"|proje[ck]t\w*|ticket|cnpj|cpf|sire[nt]|vat|ust\w*|steuernr|d[nm]|debit (?:note|memo)|belastung\w*)"
    r"(?:[-. ]{0,2}(?:nr|no|nº|n°|num(?:ber|mer|[eé]ro)?|id|ref))?[-./:#+ ]{0,3}\Z",
    re.IGNORECASE,
)
_LONGEST_LABEL = 40
_LESS = re.compile(
    r"(?<![^\W_])(?:less|minus|moins|meno|menos|net of|deduct\w*|d[eé]du\w*|dedu[cçz]\w*)(?![^\W_])"
    r"|abz(?:gl|ü|ue|ug)|einbehalt|\./\.|差引|控除",
    re.IGNORECASE,
)
"""That something is less than it was; it may be what a bank kept."""
_TAKEN_OFF = re.compile(
    r"skonto|rabatt|nachlass|minderung|k(?:ü|ue)rzung|verrechn|aufrechn|gutschr|storno|belastung|m(?:a|ä|ae)ngel|chargeback"
    r"|discount|rebate|withh|retention|offset|penalt|disput|refund|escompte|retenue|compens|descont|abatiment|reten[cç]"
    r"|estorno|sconto|tratten|ritenut|korting|inhoud|値引|相殺"
    r"|(?<![^\W_])(?:wht|tds|sla|set off|charge back|avoirs?|remises?|notas? d[ei]|notes? de"
    r"|(?:cr|credit|debit) ?(?:note|memo)s?|(?:cn|dn|dm|c/n|d/n)\W?[0-9]\w*)(?![^\W_])",
    re.IGNORECASE,
)
"""That something is not owed: no bank keeps that."""
_SHORT = r"(?:20[0-9]{2}[-/])?[0-9]{1,5}(?![0-9A-Za-z]|[.,:][0-9]|\.?/|-[0-9])"
INVOICES = re.compile(
    r"(?<![^\W_])(?:rg|re|rech|rechnung\w*|inv|invoices?|fact?|factures?|faturas?|fatture?|fattura|nfs?-?e?|bills?)"
    r"(?:[-. ]{0,2}(?:nr|no|nº|n°|num(?:ber|mer|[eé]ro)?))?[-.:# ]{0,3}"
    rf"({_SHORT}(?:\s?(?:,|\+|&|und|and|et|e|y)\s?{_SHORT})*)",
    re.IGNORECASE,
)
"""Numbers of invoices without what they begin with and without noughts: `Inv 12`, `Rechnungen 11, 12 und 2025-13`."""
_BANK = r"bank|banc|swift|wire|transfer|(?:ü|ue)berweis|virement|bonifico|correspond"
_COST = r"charge|fees?\b|cost|spesen|geb(?:ü|ue)hr|frais|commission|gastos|spese\b|tarifa|kosten"
_KEPT_BY_BANKS = re.compile(
    rf"chgs?\b|ocmt\b|spesen|振込手数料|(?:{_BANK})\w*\W{{0,3}}(?:{_COST})|(?:{_BANK})\w*(?:{_COST})"
    rf"|(?:{_COST})\w*\W{{0,3}}(?:\w{{1,4}}\W)?(?:{_BANK})",
    re.IGNORECASE,
)
_LEFT_OVER = re.compile(r"(?<![0-9A-Za-z])(?<![0-9][.,:])[0-9]{1,6}(?![0-9A-Za-z]|[.,:][0-9])")


def text_of(receipt: CashReceipt) -> str:
    """Return the text of a receipt; a structured reference that is none of ISO 11649 is text, too."""
    structured = receipt.structured or ""
    kept = "" if is_reference(structured) else structured
    return f"{kept}\n{receipt.remittance}".strip()


def plain(text: str) -> str:
    """Write the digits and letters of every width and script of digits as those of ASCII, and every dash as one."""
    return "".join(_plain_sign(sign) for sign in text)


def _plain_sign(sign: str) -> str:
    if sign.isascii():
        return sign
    if sign in _DASHES:
        return "-"
    digit = unicodedata.decimal(sign, None)
    if digit is not None:
        return str(digit)
    if ord(sign) in _FULL_WIDTH:
        return chr(ord(sign) - _FULL_WIDTH_OFFSET)
    return "" if unicodedata.category(sign) == "Cf" else sign


def is_of_something_else(text: str) -> bool:
    """Say whether a text ends with the label of a number that is no document's: a customer, an order, a contract."""
    return _OF_SOMETHING_ELSE.search(text[-_LONGEST_LABEL:]) is not None


def says_taken_off(text: str) -> bool:
    """Say whether a text says that the payer took something off; what banks keep is another thing."""
    return _TAKEN_OFF.search(text) is not None or (_LESS.search(text) is not None and not says_kept_by_banks(text))


def says_kept_by_banks(text: str) -> bool:
    """Say whether a text names charges of a bank; a fee of ours that the payer does not owe is none."""
    return _KEPT_BY_BANKS.search(text) is not None


def goes_on_with(text: str, numbers: Iterable[str]) -> bool:
    """Say whether a text has digits, alone, that are the end of one of some numbers: `000011, 12`, `000011-13`."""
    ends = set(_LEFT_OVER.findall(text))
    return any(number.endswith(end) for number in numbers for end in ends)
