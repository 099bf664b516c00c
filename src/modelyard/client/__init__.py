"""The Python client: it knows the registry's HTTP API and nothing of its server."""
