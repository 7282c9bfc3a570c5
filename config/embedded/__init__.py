"""Postgres and Valkey from wheels, run as our own children when nothing outside is configured."""
