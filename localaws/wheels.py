"""What makes packages a wheel: the three files of its `.dist-info`, without a build backend.

Source: "Binary distribution format", packaging.python.org.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

NAME = "glue_clickstream_jobs"
VERSION = "0.1.0"
FILE_NAME = f"{NAME}-{VERSION}-py3-none-any.whl"
_FOLDER = f"{NAME}-{VERSION}.dist-info"
_METADATA = f"""\
Metadata-Version: 2.1
Name: {NAME.replace("_", "-")}
Version: {VERSION}
Summary: The packages that the jobs of Glue Clickstream import
License: Apache-2.0
Requires-Python: >=3.11,<3.14
"""
_WHEEL = """\
Wheel-Version: 1.0
Generator: glue-clickstream
Root-Is-Purelib: true
Tag: py3-none-any
"""


def with_metadata(packages: Sequence[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """The packages' files, each with its name, and the files that make a wheel of them."""
    files = sorted(
        [
            *packages,
            (f"{_FOLDER}/METADATA", _METADATA.encode()),
            (f"{_FOLDER}/WHEEL", _WHEEL.encode()),
        ]
    )
    lines = [_record(name, content) for name, content in files]
    record = "".join(f"{line}\n" for line in [*lines, f"{_FOLDER}/RECORD,,"])
    return [*files, (f"{_FOLDER}/RECORD", record.encode())]


def _record(name: str, content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}"
