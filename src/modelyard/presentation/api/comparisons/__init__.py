"""Leaderboards and comparisons over HTTP."""
