"""Reasons why a backup or a restore is refused or fails; each text says what to do."""


class BackupFailed(Exception):
    """No backup was made, or a backup cannot be used."""


class BackupRunning(BackupFailed):
    """Another process makes a backup in the same folder."""


class RestoreRefused(BackupFailed):
    """Nothing was changed: something must be decided or stopped before."""
