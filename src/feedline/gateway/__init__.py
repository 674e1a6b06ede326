"""Sockets: each transport a thin pump between a connection and the hub."""
