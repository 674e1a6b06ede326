"""Between nodes: who else should look at the log now. A hint, never the truth."""
