"""Labelled or plain series scored, and what the scores are worth by NAB's measure."""
