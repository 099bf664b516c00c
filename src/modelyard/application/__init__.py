"""Use cases, reading queries, and the ports through which they reach the world."""
