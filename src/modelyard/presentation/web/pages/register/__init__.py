"""Registering a version from a browser."""
