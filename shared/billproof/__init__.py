"""Billproof: from contract and usage to cash, with a proof that nothing leaked on the way."""
