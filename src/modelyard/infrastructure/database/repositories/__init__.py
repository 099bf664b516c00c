"""One file a noun: its statements, built once, and the repository that runs them."""
