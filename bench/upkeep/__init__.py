"""Measurements of what keeps an installation well: outages, backups, clean-up."""
