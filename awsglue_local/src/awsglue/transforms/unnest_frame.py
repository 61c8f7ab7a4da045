"""UnnestFrame."""

from __future__ import annotations

from gluelocal.parity import not_implemented

from awsglue.transforms.transform import GlueTransform


class UnnestFrame(GlueTransform):
    """Structs flattened to fields with dots."""

    apply = not_implemented()
