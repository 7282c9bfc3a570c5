import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('realtime', '0001_initial'), ('realtime', '0002_sockets')]

    initial = True

    dependencies = [
        ('users', '0001_squashed_0003_ended_sign_ins'),
    ]

    operations = [
        migrations.CreateModel(
            name='Stream',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='stream', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('epoch', models.PositiveIntegerField(db_default=1, default=1)),
                ('seq', models.BigIntegerField(db_default=0, default=0, verbose_name='last number')),
                ('floor', models.BigIntegerField(db_default=0, default=0, verbose_name='pruned up to')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('floor__gte', 0), ('seq__gte', models.F('floor'))), name='stream_floor_below_seq')],
            },
        ),
        migrations.CreateModel(
            name='Sockets',
            fields=[
            ],
            options={
                'verbose_name': 'sockets',
                'verbose_name_plural': 'sockets',
                'proxy': True,
                'default_permissions': ('view', 'change'),
                'indexes': [],
                'constraints': [],
            },
            bases=('realtime.stream',),
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.BigIntegerField(verbose_name='number')),
                ('type', models.CharField(max_length=40)),
                ('data', models.JSONField()),
                ('created_at', models.DateTimeField()),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['user', 'seq'],
                'constraints': [models.UniqueConstraint(fields=('user', 'seq'), name='event_number_once'), models.CheckConstraint(condition=models.Q(('seq__gt', 0)), name='event_number_positive')],
            },
        ),
    ]
