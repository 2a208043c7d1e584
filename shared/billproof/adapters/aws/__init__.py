"""Adapters of the ports to AWS, and idempotency."""
