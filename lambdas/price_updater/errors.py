"""Why no price came of a candidate: worth trying again, or not."""


class PriceUpdaterError(Exception):
    """Base of the function's errors; `code` is short and stable, the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class TransientError(PriceUpdaterError):
    """Raised when the same candidate may succeed later: the mapping sends the record again."""


class PermanentError(PriceUpdaterError):
    """Raised when trying again gives the same: the candidate is set aside with the reason."""


class SettingsError(ValueError):
    """Raised at cold start when an environment variable is missing or not allowed."""
