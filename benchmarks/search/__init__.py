"""Searches among a million versions, on SQLite and on PostgreSQL."""
