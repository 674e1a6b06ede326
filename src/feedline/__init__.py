"""Feedline: a self-hosted, real-time post feed."""

__version__ = "0.1.0"
