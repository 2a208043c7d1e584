"""Usage events: validation, the usage log, the quarantine, and aggregation into exact quantities."""
