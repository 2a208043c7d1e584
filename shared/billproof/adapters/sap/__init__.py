"""The adapter of SAP, an ERP: journal entries by function modules, read back by OData."""
