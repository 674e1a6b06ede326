"""Looks at an installation, beside a server that runs or without one, and says what to do."""
