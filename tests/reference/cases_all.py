"""Every case that was worked out by hand, of all tables."""

from tests.reference.cases_of_concessions import CONCESSIONS
from tests.reference.cases_of_currencies import CURRENCIES
from tests.reference.cases_of_decisions import DECISIONS
from tests.reference.cases_of_ends import ENDS
from tests.reference.cases_of_gaps import GAPS
from tests.reference.cases_of_lives import LIVES
from tests.reference.cases_of_months import MONTHS
from tests.reference.cases_of_moves import MOVES
from tests.reference.cases_of_notes import NOTES
from tests.reference.cases_of_order import ORDER
from tests.reference.cases_of_reductions import REDUCTIONS
from tests.reference.cases_of_rounding import ROUNDING
from tests.reference.cases_of_shares import SHARES
from tests.reference.cases_of_soaks import SOAKS
from tests.reference.cases_of_terms import TERMS
from tests.reference.cases_of_usage import USAGE

CASES = [
    *TERMS,
    *REDUCTIONS,
    *USAGE,
    *SHARES,
    *DECISIONS,
    *MONTHS,
    *ORDER,
    *LIVES,
    *SOAKS,
    *ENDS,
    *GAPS,
    *MOVES,
    *ROUNDING,
    *NOTES,
    *CONCESSIONS,
    *CURRENCIES,
]
