"""Passwords of accounts."""
