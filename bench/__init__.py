"""What one core of this machine holds: ``python -m bench``. The method is in README.md."""
