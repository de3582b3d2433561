"""What can be wrong with an input."""


class InputError(ValueError):
    """The input cannot be analysed; the message is one line that says what came and what to do."""
