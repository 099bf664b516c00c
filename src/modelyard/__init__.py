"""Modelyard: a machine-learning model registry."""
