"""Unbox."""

from __future__ import annotations

from gluelocal.parity import not_implemented

from awsglue.transforms.transform import GlueTransform


class Unbox(GlueTransform):
    """A text field parsed in place."""

    apply = not_implemented()
