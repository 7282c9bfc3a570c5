"""Static files as `collectstatic` leaves them: joined, compressed, with hashes in their names."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

from config.static_files import bundles, collected


class BundledStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    """WhiteNoise's storage of hashed names, which joins our modules before it takes the hashes."""

    def post_process(self, paths: Any, dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if not dry_run:
            for name in bundles.write_bundles(Path(self.location)):
                paths[name] = (self, name)
        yield from super().post_process(paths, dry_run=dry_run, **options)
        if not dry_run:
            collected.write_fingerprint(Path(self.location))

    def shared_module(self) -> str:
        """Return the name by which each page's module imports the one file of all modules."""
        names = (name for name in self.hashed_files if name.startswith(f"{bundles.SHARED}/"))
        return next(names, "")

    def stored_name(self, name: str) -> str:
        """Return the plain name where nothing was collected: source files are served then."""
        return str(super().stored_name(name)) if self.hashed_files else name
