"""Counters of requests."""
