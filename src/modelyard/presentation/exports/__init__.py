"""Whole lists as files: CSV, JSON lines and Parquet."""
