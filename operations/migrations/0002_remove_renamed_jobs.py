"""Remove the timetable's rows of jobs that have another name now.

Beat keeps its rows by name and would go on starting tasks that no worker knows.
"""

from django.db import migrations

RENAMED = [
    "Look for orders placed at the exchanges",
    "Take stock of what keys hold",
    "Look at bots",
    "Look for bots that missed a word",
    "See the prices that bots watch",
    "Take up emergencies that nobody sees through",
    "Put late signals aside",
    "Ask what fees were worth",
    "Count fills that nobody counted",
    "Write down what holdings are worth",
    "Thin out old worth",
    "Finish what was begun to be told to everybody",
    "Forget old events",
    "Forget old lines of the activity log",
    "Tell owners of refused keys",
    "Forget expired sign-ins",
]


def remove_renamed(apps, schema_editor):
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name__in=RENAMED).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("operations", "0001_messages"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]
    operations = [migrations.RunPython(remove_renamed, migrations.RunPython.noop, elidable=True)]
