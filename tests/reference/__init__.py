"""The reference model: a second, slow, plain implementation of what an account owes.

It is written from docs/pricing.md, docs/credit-notes.md, docs/revenue.md and docs/families.md, imports nothing of
billproof, computes in fractions and rounds only where the rules say so. `model.py` has the answers:

    owed(life, at=None)      {Slot: OwedAmounts}   gross, net, conceded, drawn by credit, payable
    billed(life)             [IssuedDocument]      an invoice for each run, a credit note for each note, in their order
    left(life, at=None)      {Slot: Amounts}       what can still be credited: net, of it drawn and money
    earned(life)             {month: {Slot: ...}}  what each month that was run earned
    statement(life)          [Account]             what each document leaves to pay, and the customer's balance after it

Amounts are Decimals in whole minor units. A **Slot** is what something is owed for: contract, term (the charge's or
commitment's id), kind (`charge`, `true_up` for seats above those committed, `shortfall`), the days `[start, end)` of
its service period (of a one-off or milestone: its day; of a shortfall: the calendar month or the term), and the
dimension as pairs, sorted. A slot stays the same whatever happens to the terms within its period: parts, reductions,
differences and credit notes all are of it. `gross` is before anything comes off, `net` after discounts and caps,
`payable` net less what was conceded and what credits paid. Slots without amounts may be there or not.

`owed` and `left` are as known at an instant (RFC 3339), or once everything is known. `owed` answers for the slots that
are due on the invoice of the last month that is run, or before; `left` for what was billed. `earned` is of `net` less
concessions: a drawn credit is a payment, no reduction of revenue. It counts from the first run of each month what was
known then, and a credit note from the month of its issue on.

A **life** is a JSON document (here a dict) of this form; what has a default may be left out:

    {
     "rounding": "half_up",                the legal entity's: half_up or half_even
     "contracts": [{
       "published": "2013-02-10T00:00:00Z",   when the version is known; null or absent: from the first
       "terms": {...}                         a version, as contract.v1.json has it; all of one currency
     }],
     "meters": [{...}],                    as meter.v1.json has them, one version of each
     "usage": [{
       "source": "source", "id": "1", "subject": "account", "type": "units.used",
       "time": "2013-01-10T09:00:00Z",        with a zone; :60 is a leap second
       "received": "2013-01-10T09:01:00Z",    when it is known
       "place": 0,                            among those received at that instant; absent: its place in the list
       "data": {"value": "12.5"},             flat, of texts
       "corrects": "0"                        or "retracts": the id of another event of the same source
     }],
     "runs": [{"month": "2013-01", "at": "2013-02-03T12:00:00Z"}],
     "credit_notes": [{
       "id": "note-1", "issued": "2013-03-05T00:00:00Z",
       "line": {"contract": "contract", "term": "fee", "kind": "charge",
                "period": ["2013-01-01", "2013-02-01"], "dimension": {}},
       "amount": "100.00",                    net; null or absent: all that is left
       "days": {"start": "...", "end": "..."},   for which days it is; absent: all that the line covers
       "rebill": false
     }],
     "accounts": [{                        only where charges are pooled: who belongs to whom, on which days
       "id": "child", "parent": "account", "member": {"start": "2013-01-01", "end": null}
     }]
    }

Runs and credit notes happen in the order of their instants, a credit note before a run of the same instant. A run
bills what is owed of every slot that is due by the latest month that was run so far, as it is known at the run's
instant, less what is billed of it. A credit note gives back at most what is left of its line; it is issued on the day
that its instant is of in the time zone of the legal entity, which is that of the first contract.

`lives.py` draws random lives; `cases.py` and its tables hold the right amounts that were worked out by hand.
"""
