"""The embedded ledger: an ERP of our own, for the demo, tests and those without one."""
