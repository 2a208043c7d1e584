"""The figures of tax returns, from the released documents, reconciled to the tax account of the ledger."""
