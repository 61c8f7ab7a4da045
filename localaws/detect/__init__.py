"""Scores of any series in CSV files, and how good they are by labels."""
