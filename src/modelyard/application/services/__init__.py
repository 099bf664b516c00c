"""Use cases: one activity a file, each a plain function of a transaction."""
