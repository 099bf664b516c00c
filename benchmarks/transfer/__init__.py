"""The Python client beside curl and beside single requests."""
