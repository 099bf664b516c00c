"""Plots: Vega-Lite documents, and pictures of them."""
