"""The core: DataFrame -> DataFrame, no reads, no writes, no clock."""
