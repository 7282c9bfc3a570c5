"""Addresses of libraries that npm may have installed."""

from typing import cast

from django import template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.templatetags.static import static

from config.static_files import libraries
from config.static_files.storage import BundledStorage

register = template.Library()


@register.simple_tag
def library_url(name: str) -> str:
    """Return the address of a library's module; empty where it is not installed."""
    file = libraries.find_file(settings.BASE_DIR, name)
    return static(file) if file else ""


@register.simple_tag
def shared_module_url() -> str:
    """Return the address of the one file of modules; empty where modules are not joined."""
    name = cast("BundledStorage", staticfiles_storage).shared_module()
    return f"{settings.STATIC_URL}{name}" if name else ""


@register.simple_tag
def library_style(name: str) -> str:
    """Return the address of a library's style sheet; empty where it is not installed."""
    file = libraries.find_style(settings.BASE_DIR, name)
    return static(file) if file else ""
