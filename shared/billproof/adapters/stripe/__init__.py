"""Adapters of ports to services that are not AWS."""
