"""Who may do what: accounts, groups, what is granted to them, and their tokens."""
