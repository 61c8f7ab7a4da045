"""Handlers of the streams: one folder a function."""
