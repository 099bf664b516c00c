"""What all routes share: connections, request ids, errors, pages, preconditions."""
