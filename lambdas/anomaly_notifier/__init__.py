"""Anomaly rows in, by the Lambda destination's contract; messages about incidents out."""
