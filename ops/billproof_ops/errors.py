"""What goes wrong for the person at the command line."""


class OpsError(Exception):
    """Something that one clear line can say; the command exits with 1."""


class WrongUse(OpsError):
    """The words of the command are off; it exits with 2."""
