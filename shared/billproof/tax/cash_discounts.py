"""Where a cash discount that a customer takes lowers the taxable amount afterwards, and by which law.

In the United States sales tax stays as it was billed, and in Canada the law says so (Excise Tax Act, section 161). What
is not named here was not looked up: nothing is corrected there, so too much tax may be paid and never too little.
"""

from billproof.tax.rows import jurisdictions

UNION_LAW = "Directive 2006/112/EC, article 90(1), and the law of its member, such as section 17(1) UStG"
UNION_TERRITORIES = frozenset({"AT-JUN", "AT-MIT", "PT-20", "PT-30"})
ELSEWHERE = {
    "GB": "Value Added Tax Act 1994, schedule 6, paragraph 4",
    "CH": "Federal Act on Value Added Tax (MWSTG), article 41(1)",
}


def law_that_reduces(jurisdiction: str) -> str | None:
    """Return by which law a discount that is taken lowers the taxable amount in a jurisdiction, or None."""
    if jurisdiction in jurisdictions("eu_vat") | UNION_TERRITORIES:
        return UNION_LAW
    return ELSEWHERE.get(jurisdiction)
