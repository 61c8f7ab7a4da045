"""Functions on columns."""

from __future__ import annotations

from gluelocal.parity import not_implemented

replaceArrayElement = not_implemented(name="functions.replaceArrayElement")  # noqa: N816
namedStruct = not_implemented(name="functions.namedStruct")  # noqa: N816
explodeWithIndex = not_implemented(name="functions.explodeWithIndex")  # noqa: N816
