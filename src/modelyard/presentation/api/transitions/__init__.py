"""Changes of stage over HTTP."""
