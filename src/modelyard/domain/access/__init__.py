"""Who may do what: roles, grants, tokens, and what follows from them for one caller."""
