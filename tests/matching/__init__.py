"""A generated year of receipts, played against matching: `make matching`.

Whoever writes the receipts here knows the model of payments and how people pay, and nothing of the rules that match.
"""
