"""What can be wrong with a bundle or a label set."""


class BundleError(Exception):
    """The bundle cannot be used; the message is one line: what was expected, what came, what to do."""
