"""The one base error of the local cloud."""


class LocalCloudError(Exception):
    """Raised when the local cloud cannot do what was asked; the message says what to do."""
