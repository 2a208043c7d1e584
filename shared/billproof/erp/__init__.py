"""Posting to the ERP, which is never trusted to be idempotent."""
