"""Bringing files in over HTTP."""
