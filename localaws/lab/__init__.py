"""Streams for trying the jobs out: what a lab of theirs sent, made anew from a seed."""
