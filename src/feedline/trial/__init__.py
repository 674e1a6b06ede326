"""Experiments: what browsers report is gathered, and what came of it is worked out."""
