"""Pricing: terms and quantities in, priced lines with explanations out. Pure functions.

    terms            terms.py            an account's contracts, frozen for its run; digests.py: did they change
      |
    service periods  service_periods.py  what is at home in a month; reading.py: what it reads of usage
      |
    lines            lines.py            a line for each, by its price model (models/); fees.py: on which days
      |
    reductions       reductions.py       discounts, caps, minimums; commitments.py: minimums of several months
      |              commitment_terms.py the days of those, and what counts for them
    owed             owed.py             all that is owed at home in a month, as it is known now
      |
    minus billed     differences.py      less concessions (concessions.py) and what is billed; draws.py: prepaid credits
      |              conceded_revenue.py over which days concessions are earned back
      |
    explanation      explanation.py      every line says why it has its amount

account.py puts this together for every month that an invoice settles, the oldest first; service.py is the step of a
run, quoting.py the command.
"""
