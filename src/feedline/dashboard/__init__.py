"""How an installation fares: what nodes count, put together, shown live and kept for a day."""
