"""The steps of a batch: each reads the artefacts before it, works account by account, and writes its own.

    price_usage -> validate_pricing -> calculate_tax -> draft_invoices -> release_invoices

Every step may be repeated: the same artefacts give the same bytes. Each has a module of its own, so that a function
loads the rules of its step alone.
"""
