"""What several pages show, ready to be written."""
