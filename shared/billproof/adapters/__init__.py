"""Adapters: everything that talks to another system, each behind a port."""
