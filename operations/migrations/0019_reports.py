"""Daily and weekly reports of users and of the installation."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('operations', '0018_figure_buckets'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PeriodReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('daily', 'Daily'), ('weekly', 'Weekly')], max_length=6)),
                ('starts_on', models.DateField(verbose_name='first day')),
                ('time_zone', models.CharField(max_length=60)),
                ('since', models.DateTimeField(verbose_name='begin')),
                ('until', models.DateTimeField(db_index=True, verbose_name='end, excluded')),
                ('content', models.JSONField(default=dict)),
                ('made_at', models.DateTimeField()),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='period_reports', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-since', '-id'],
                'permissions': [('operate_reports', 'Can read and make the reports of the installation')],
                'default_permissions': ('view',),
                'constraints': [models.UniqueConstraint(fields=('user', 'kind', 'starts_on'), name='report_once_per_period', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('kind__in', ['daily', 'weekly'])), name='report_kind_known'), models.CheckConstraint(condition=models.Q(('since__lt', models.F('until'))), name='report_period_lasts')],
            },
        ),
    ]
