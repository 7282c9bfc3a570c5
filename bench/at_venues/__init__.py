"""Measurements at the simulated venue alone, without a worker or a web process."""
