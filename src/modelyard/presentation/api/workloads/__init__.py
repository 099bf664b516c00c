"""Workload identities over HTTP."""
