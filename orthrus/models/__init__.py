"""Encoders, heads and checkpoints: no data, and no files but weights."""
