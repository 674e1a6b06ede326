"""The answer to "why didn't Ann see it?": facts in, a story out."""
