"""What people look at: all that a page tells, read in one transaction from queries and from what services would do."""
