"""Drawing plots."""
