"""What was fetched once, kept on this machine and shared by all processes of its user."""
