"""Small files and folders wherever a job keeps its checkpoint: s3://, file:, or a plain path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class Folder:
    """A folder, through the file systems that Spark itself uses."""

    def __init__(self, spark: SparkSession, path: str) -> None:
        self.path = path.rstrip("/")
        jvm: Any = spark.sparkContext._jvm  # noqa: SLF001 - PySpark has no other way to them
        jsc: Any = spark.sparkContext._jsc  # noqa: SLF001
        self._jvm = jvm
        self._files = self._at("").getFileSystem(jsc.hadoopConfiguration())

    def names(self) -> list[str]:
        """What is in the folder; nothing when it is not there."""
        if not self._files.exists(self._at("")):
            return []
        return [status.getPath().getName() for status in self._files.listStatus(self._at(""))]

    def modified_at(self, name: str) -> int:
        """When the store says that a file was written last, epoch ms."""
        return int(self._files.getFileStatus(self._at(name)).getModificationTime())

    def read(self, name: str) -> str:
        """The text of a file."""
        stream = self._files.open(self._at(name))
        try:
            return str(bytes(stream.readAllBytes()).decode())
        finally:
            stream.close()

    def write(self, name: str, text: str) -> None:
        """Puts a file in the place of what was there: nobody ever reads a part of it."""
        beside = self._at(f".{name}.new")
        stream = self._files.create(beside, True)
        try:
            stream.write(bytearray(text.encode()))
        finally:
            stream.close()
        self._files.delete(self._at(name), False)
        if not self._files.rename(beside, self._at(name)):
            raise OSError(f"{self.path}/{name}: cannot be put in its place")

    def delete(self, name: str) -> None:
        """Deletes a file, or a folder with all in it."""
        self._files.delete(self._at(name), True)

    def _at(self, name: str) -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(f"{self.path}/{name}" if name else self.path)
