"""The domain: people, posts, who may see what, the event vocabulary and the actions. No I/O."""
