"""What there is to search for, over HTTP."""
