"""What can be done to versions by forms."""
