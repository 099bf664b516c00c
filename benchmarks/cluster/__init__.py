"""What it costs to leave one machine: PostgreSQL, an object store, several workers."""
