"""Telling other systems what happened: every change of state is an event, read off the audit chain.

    facts, objects -> audit chain -> read after the last position -> events -> bus, webhooks

Nothing publishes when it writes: what is written is in the chain, so a crash after a write loses no event.

identity    how an event is named: by its place in the chain
model       the envelope (CloudEvents 1.0) and what each type of event says
deriving    which events a block of the chain stands for
reading     blocks after a position, and since an instant
publishing  the use case: publish what is new
ports       where events go, and how far was read
"""
