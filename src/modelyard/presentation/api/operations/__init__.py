"""What operators and load balancers ask for."""
