"""Measurements in a real Chromium, on a whole installation with its demo data."""
