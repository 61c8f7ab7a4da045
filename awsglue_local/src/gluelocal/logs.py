"""Where log lines go: the script's own to the terminal, the machinery's to the log file."""

from __future__ import annotations

import logging
from pathlib import Path

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# They print whole stack traces of errors that a script may well handle, or that a retry heals.
_MACHINERY = ("py4j", "DataFrameQueryContextLogger", "SQLQueryContextLogger")


def configure(log_file: Path) -> None:
    """Set Python's logging up for a script; all lines are in `log_file` as well."""
    everything = logging.FileHandler(log_file, encoding="utf-8", delay=True)
    terminal = logging.StreamHandler()
    terminal.addFilter(lambda record: not record.name.startswith(_MACHINERY))
    logging.basicConfig(format=_FORMAT, handlers=[everything, terminal])
    logging.getLogger("GlueLogger").setLevel(logging.INFO)
    for name in _MACHINERY[1:]:
        logger = logging.getLogger(name)
        logger.handlers = [logging.NullHandler()]
        logger.propagate = True
