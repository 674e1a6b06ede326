"""Files that people send: what they are, pictures made anew, and where they are kept."""
