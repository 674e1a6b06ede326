"""The protocol without I/O: messages in, effects out."""
