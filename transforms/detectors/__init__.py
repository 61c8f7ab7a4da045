"""Detectors: numbers in their order -> scores and verdicts, one at a time; no Spark, no clock."""
