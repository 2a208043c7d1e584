"""Incidents: exceptions of a month grouped by what they share, so that one cause is looked at and decided once."""
