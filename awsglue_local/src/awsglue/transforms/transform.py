"""Base of the transform classes."""

from __future__ import annotations

from typing import Any


class GlueTransform:
    """A transform is called: `X()(...)` or `X.apply(...)`, by position or by name."""

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Call a new instance of the transform."""
        return cls()(*args, **kwargs)

    @classmethod
    def name(cls) -> str:
        """Name of the transform."""
        return cls.__name__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Do the transform."""
        raise NotImplementedError(f"{self.name()}: a transform defines __call__.")
