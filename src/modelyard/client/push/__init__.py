"""Making a version of a fitted model, a file or a folder."""
