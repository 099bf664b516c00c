"""Requests for approval over HTTP."""
