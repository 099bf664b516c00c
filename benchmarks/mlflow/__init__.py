"""The registry beside MLflow's server, under the same load on the same machine."""
