"""A version."""
