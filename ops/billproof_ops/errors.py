"""Errors of the command, for the person who runs it."""


class OpsError(Exception):
    """It could not be done; one line says why. The command exits with 1."""


class WrongUse(OpsError):
    """The command was used wrongly; it exits with 2."""
