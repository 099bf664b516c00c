"""The rules of a model registry, in plain Python: no framework, no database, no HTTP."""
