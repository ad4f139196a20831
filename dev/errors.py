"""The one error that the development tools show without a traceback."""


class SetupError(Exception):
    """Something that the person at the keyboard has to know or to decide.

    Its text says what is missing and what to do.
    """
