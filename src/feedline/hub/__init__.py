"""Fan-out inside a process: topics, order, and the seam between replay and live."""
