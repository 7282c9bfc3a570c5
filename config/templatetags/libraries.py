"""Addresses of libraries that npm may have installed."""

from django import template
from django.conf import settings
from django.templatetags.static import static

from config.static_files import libraries

register = template.Library()


@register.simple_tag
def library_url(name: str) -> str:
    """Return the address of a library's module; empty where it is not installed."""
    file = libraries.find_file(settings.BASE_DIR, name)
    return static(file) if file else ""


@register.simple_tag
def library_style(name: str) -> str:
    """Return the address of a library's style sheet; empty where it is not installed."""
    file = libraries.find_style(settings.BASE_DIR, name)
    return static(file) if file else ""
