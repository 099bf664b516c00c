"""A registry at work on real models, from training to a verified download, through the public HTTP API alone."""
