"""Who may do what: accounts, groups, grants and tokens."""
