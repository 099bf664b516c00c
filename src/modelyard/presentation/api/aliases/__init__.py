"""Aliases over HTTP."""
