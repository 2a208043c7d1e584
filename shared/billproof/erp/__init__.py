"""Posting to the ERP, exactly once despite time-outs and retries, and revenue recognition."""
