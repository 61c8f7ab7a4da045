"""The one line that says why a script failed."""

from __future__ import annotations

import pytest
from gluelocal.summary import summary

BATCH_FAILURE = """[FOREACH_BATCH_USER_FUNCTION_ERROR] An error occurred in the user function.
Return Message: Traceback (most recent call last):
  File "clientserver.py", line 644, in _call_proxy
    return_value = getattr(self.pool[obj_id], method)(*params)
  File "job.py", line 9, in process
    raise PriceError("p1: price -5; use 0 or more")
shop.errors.PriceError: p1: price -5; use 0 or more

\tat org.apache.spark.sql.execution.Whatever.run(Whatever.scala:1)
"""
WITHOUT_MESSAGE = """Traceback (most recent call last):
  File "job.py", line 9, in process
AssertionError
\tat org.apache.spark.Whatever
"""


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("bad window"), "ValueError: bad window"),
        (RuntimeError(), "RuntimeError"),
        (RuntimeError("\n  first line\n\tat org.apache.spark.X(Y.scala:1)"),
         "RuntimeError: first line"),
        (RuntimeError(BATCH_FAILURE), "PriceError: p1: price -5; use 0 or more"),
        (RuntimeError(WITHOUT_MESSAGE), "AssertionError"),
    ],
)  # fmt: skip
def test_the_root_error_is_one_line_without_a_trace(error: Exception, line: str) -> None:
    assert summary(error) == line
