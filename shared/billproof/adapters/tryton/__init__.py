"""The adapter of Tryton, an ERP: journal entries as moves, over its REST application."""
