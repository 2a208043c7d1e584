"""Leaks by cause. Nothing here knows what billproof checks: a test walks what these modules import."""
