"""Files of versions over HTTP."""
