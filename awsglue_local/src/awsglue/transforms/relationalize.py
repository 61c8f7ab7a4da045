"""Relationalize."""

from __future__ import annotations

from gluelocal.parity import not_implemented

from awsglue.transforms.transform import GlueTransform


class Relationalize(GlueTransform):
    """Flat frames, one for each array of the records."""

    apply = not_implemented()
