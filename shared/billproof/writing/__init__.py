"""Texts about what is stored, written by a template or a model: every figure, date, name and clause has its source."""
