"""Check codes: a short name of a document's record, which people can read aloud and type.

SHA-256 of the record -> its first 80 bits -> four groups of four signs, such as WERC-8GMR-ZGE1-96QV

The signs are those of Crockford's base 32: no I, L, O and U, and whoever types one of the first three is understood.
Documents that were issued before there were such codes print the SHA-256 in hexadecimal.
"""

import re

from billproof.errors import InvalidInput

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_SIGNS, SIGN_BITS, GROUP = 16, 5, 4
LEAST_DIGITS = 16
"""Hexadecimal digits of a SHA-256 that are compared at least: 64 bits, which nobody meets by chance."""
_BETWEEN = re.compile(r"[\s:.-]+")
_DIGITS = re.compile(rf"[0-9A-F]{{{LEAST_DIGITS},64}}")
_MEANT = str.maketrans("OIL", "011")


def check_code(digest: str) -> str:
    """Return the check code of a SHA-256 in hexadecimal."""
    bits = CODE_SIGNS * SIGN_BITS
    number = int(digest[: bits // 4], 16)
    signs = "".join(SIGNS[number >> shift & 31] for shift in range(bits - SIGN_BITS, -1, -SIGN_BITS))
    return "-".join(signs[start : start + GROUP] for start in range(0, CODE_SIGNS, GROUP))


def is_code_of(text: str, digest: str) -> bool:
    """Say whether a code that somebody typed, or digits of a SHA-256, are of a record; raises InvalidInput for none."""
    typed = _BETWEEN.sub("", text).upper()
    code = typed.translate(_MEANT)
    is_code = len(code) == CODE_SIGNS and set(code) <= set(SIGNS)
    is_digits = _DIGITS.fullmatch(typed) is not None
    if not is_code and not is_digits:
        message = (
            f"a check code has {CODE_SIGNS} signs, such as WERC-8GMR-ZGE1-96QV; "
            f"an older document prints digits from 0 to 9 and a to f: {LEAST_DIGITS} of them are enough"
        )
        raise InvalidInput(message)
    return (is_code and code == _BETWEEN.sub("", check_code(digest))) or (
        is_digits and digest.startswith(typed.lower())
    )
