"""The audit log: changes of people and machines, their seals, and checkpoints of what was pruned.

The database writes the changes itself (operations/audit/triggers.py), so that updates of many rows
and SQL by hand are in it too. No row of these tables is ever changed.
"""

from django.db import models


class AuditAction(models.TextChoices):
    CREATED = "created", "Created"
    CHANGED = "changed", "Changed"
    DELETED = "deleted", "Deleted"


class AuditActor(models.TextChoices):
    USER = "user", "A user"
    ANONYMOUS = "anonymous", "Nobody signed in"
    COMMAND = "command", "A command"
    SYSTEM = "system", "Fillwatch itself"
    DATABASE = "database", "SQL by hand"


class AuditChange(models.Model):
    """One change of one row, by whom, and what it was before and after.

    It refers to no row: users and objects may be gone while their changes stay.
    """

    at = models.DateTimeField()
    subject = models.CharField(max_length=60)  # a model, such as users.user
    object_id = models.CharField(max_length=40)
    object_name = models.CharField(max_length=200, blank=True)
    owner_id = models.BigIntegerField(null=True)  # the user whose account it concerns
    action = models.CharField(max_length=10, choices=AuditAction.choices)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    actor = models.CharField(max_length=10, choices=AuditActor.choices)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150, blank=True)
    role = models.CharField(max_length=10, blank=True)  # superuser, staff or user
    token_id = models.BigIntegerField(null=True)
    via = models.CharField(max_length=150, blank=True)  # the view, task or command
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    task_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["owner_id", "-id"], name="audit_of_owner"),
            models.Index(fields=["actor_id", "-id"], name="audit_by_actor"),
            models.Index(fields=["subject", "object_id", "-id"], name="audit_of_object"),
            models.Index(fields=["at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.object_id} {self.action}"


class AuditSeal(models.Model):
    """The hash of a change and of the seal before it, signed by this installation."""

    number = models.BigIntegerField(primary_key=True)
    change_id = models.BigIntegerField(unique=True)
    hash = models.CharField(max_length=64)
    signature = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


class AuditCheckpoint(models.Model):
    """The last seal that was pruned: the chain goes on from its hash."""

    number = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    signature = models.CharField(max_length=64)
    removed = models.BigIntegerField()
    by = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


class ServiceLog(models.Model):
    """No table: the log lines are in files. It carries the permission to read them."""

    class Meta:
        managed = False
        default_permissions = ("view",)
