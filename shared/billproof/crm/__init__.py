"""Contracts from orders of a CRM: an event is a hint, the order is read, and becomes a whole contract or waits."""
