"""Versions over HTTP."""
