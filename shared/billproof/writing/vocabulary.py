"""The words that a check knows: figures and dates in words, and what may begin a sentence without being a name.

English. Another language needs its own of each; a text in one that has none would be refused, and not let through.
"""

import re

_NUMBERS = (
    *("zero", "nil", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "dozen", "dozens", "score"),
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh"),
    *("half", "halves", "halved", "thirds", "quarter", "quarters", "fifths", "tenths", "double", "doubled", "doubles"),
    *("twice", "thrice", "triple", "tripled", "quadruple", "twofold", "threefold", "tenfold", "pair", "couple"),
    *("percent", "percentage", "percentages", "cent", "cents", "minus", "plus", "negative", "per", "times"),
    *("dollar", "dollars", "euro", "euros", "pound", "pounds", "yen", "franc", "francs", "krona", "kronor", "krone"),
    *("rupee", "rupees", "yuan", "peso", "pesos", "zloty", "dirham", "dirhams", "usd", "eur", "gbp", "chf", "jpy"),
)
_TENS = ("twenty", "thirty", "forty", "fourty", "fifty", "sixty", "seventy", "eighty", "ninety")
_LARGE = ("hundred", "thousand", "million", "billion", "trillion", "bucks", "grand")
FIGURE_WORDS = re.compile(rf"\b(?:(?:{'|'.join(_NUMBERS)})|(?:{'|'.join((*_TENS, *_LARGE))})[a-z]*)\b", re.IGNORECASE)
"""Figures in words, units of money, and words that change the figure beside them."""

_DAYS = (
    *("today", "tomorrow", "yesterday", "tonight", "fortnight", "mondays?", "tuesdays?", "wednesdays?", "thursdays?"),
    *("fridays?", "saturdays?", "sundays?", "january", "february", "april", "june", "july", "august", "september"),
    *("october", "november", "december", "christmas", "easter"),
    r"(?:next|last|this|coming|past|previous|following|same)\s+(?:day|week|month|quarter|year|decade)",
    r"(?:day|week|month|year)s?\s+(?:ago|later|earlier|from now)",
)
DATE_WORDS = re.compile(rf"\b(?:{'|'.join(_DAYS)})\b", re.IGNORECASE)
"""Dates in words, and days that depend on when a text is read. March and May are told by their capitals."""

FIGURE_SIGNS = re.compile(r"[^\W\d_]*[\d$€£¥₹¢%‰°½¼¾#+=*<>^~][^\s]*|/")
"""What has a digit, a sign of a currency or of a percentage, or a sign that calculates."""

OPENERS = frozenset(
    (
        *("A", "About", "Accordingly", "After", "All", "Also", "Although", "An", "And", "Any", "As", "At", "Based"),
        *("Because", "Before", "Below", "Between", "Billing", "Both", "But", "By", "Can", "Category", "Cause"),
        *("Clause", "Close", "Comparison", "Contract", "Currently", "Customer", "Dear", "Details", "Due", "During"),
        *("Every", "Explanation", "Finally", "For", "From", "Further", "Furthermore", "Given", "He", "Hello", "Here"),
        *("How", "However", "If", "In", "Invoice", "Invoiced", "It", "Its", "Kind", "Kindly", "Likewise", "Line"),
        *("Moreover", "Most", "My", "Neither", "No", "None", "Nor", "Not", "Note", "Nothing", "Now", "Of", "On"),
        *("Once", "Only", "Open", "Or", "Other", "Our", "Otherwise", "Overall", "Owner", "Please", "Posted"),
        *("Posting", "Previously", "Reason", "Reasons", "Regarding", "Regards", "Remedy", "Responsible", "She"),
        *("Should", "Sign", "Signed", "Since", "Sincerely", "So", "Some", "Still", "Summary", "Thank", "Thanks"),
        *("That", "The", "Their", "Then", "There", "Therefore", "These", "They", "This", "Those", "Though", "Thus"),
        *("To", "Under", "Unless", "Until", "Upon", "Variance", "Was", "We", "What", "When", "Where", "Whether"),
        *("Which", "While", "Who", "Why", "Will", "With", "Within", "Without", "Would", "Yes", "Yet", "You", "Your"),
        *("Yours"),
    )
)
"""Words that may begin a sentence. Any other word with a capital is a name that needs its source."""
ANYWHERE = frozenset({"ERP", "I"})
"""Words that have a capital wherever they stand, and name nobody."""


def holds_a_figure(text: str) -> bool:
    """Say whether a text reads like a figure or a date, in digits or in words."""
    return any(rule.search(text) for rule in (FIGURE_SIGNS, FIGURE_WORDS, DATE_WORDS))
