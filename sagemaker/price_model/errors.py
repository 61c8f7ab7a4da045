"""What can go wrong, by who has to act on it."""


class PriceModelError(Exception):
    """Base of every error that this package raises on purpose."""


class HistoryError(PriceModelError):
    """Raised when a history cannot teach a model: columns, values, or too little in it."""


class ArtefactError(PriceModelError):
    """Raised when there is no artefact where one was asked for, or it is not one of ours."""


class RequestError(PriceModelError):
    """Raised when a whole request is refused; `status` is the HTTP status to answer with."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
