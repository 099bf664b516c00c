"""The reading side: pages and filters."""
