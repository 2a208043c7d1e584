"""Webhooks: events sent to the endpoints that systems register, signed, and tried again for three days."""
