"""Remove the timetable's rows of hourly prunes: the nightly clean-up deletes these rows.

Jobs that operators made of their tasks go too: no worker knows these tasks any more.
"""

from django.db import migrations

TASKS = ["bots.prune_activity", "operations.prune_messages", "operations.prune_health"]


def remove_jobs(apps, schema_editor):
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(task__in=TASKS).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("operations", "0016_backups_verified"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]
    operations = [migrations.RunPython(remove_jobs, migrations.RunPython.noop, elidable=True)]
