"""Measurements of messages to people: by operators, and outside the application."""
