"""``feedline verify``: whether a deployment keeps what it acknowledges, whatever happens to it."""
