"""``feedline bench``: what this machine holds, for whoever wants to run Feedline on it."""
