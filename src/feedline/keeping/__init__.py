"""Keeping an installation: what was done, backups, and people who want to leave."""
