"""Webhooks: events sent to the endpoints that systems register, signed, and tried again for three days.

    publish_events -> one message for each endpoint -> queue -> deliver -> endpoint
                                                         ^         |
                                                         +- later -+  up to eleven tries, then the dead letters

model       an endpoint, a delivery, an attempt, and the pauses between attempts
signing     secrets and signatures (Standard Webhooks)
reaching    which addresses a webhook may go to
endpoints   what is registered: facts that only the API writes
queueing    the sink of events that queues a delivery for each endpoint
delivering  the use case: send one delivery
replaying   sending again what was told in a window, or one event
ports       the sender, the log of attempts, the queue
"""
