"""Rules that raise alerts, and who acknowledged and ended an alert."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from operations.audit import triggers
from operations.audit.tables import AuditedTable


class Migration(migrations.Migration):

    dependencies = [
        ('operations', '0014_backup_runs'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='alert',
            name='acknowledged_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='alert',
            name='acknowledged_by',
            field=models.CharField(blank=True, db_default='', default='', max_length=150),
        ),
        migrations.AddField(
            model_name='alert',
            name='clear_since',
            field=models.DateTimeField(blank=True, null=True, verbose_name='well since'),
        ),
        migrations.AddField(
            model_name='alert',
            name='ended_by',
            field=models.CharField(blank=True, db_default='', default='', max_length=150),
        ),
        migrations.AddField(
            model_name='alert',
            name='note',
            field=models.CharField(blank=True, db_default='', default='', max_length=300),
        ),
        migrations.CreateModel(
            name='AlertChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.CharField(choices=[('raised', 'Raised'), ('changed', 'Changed'), ('acknowledged', 'Acknowledged'), ('resolved', 'Resolved')], max_length=12)),
                ('by', models.CharField(blank=True, default='', max_length=150)),
                ('note', models.CharField(blank=True, default='', max_length=300)),
                ('at', models.DateTimeField()),
                ('alert', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='operations.alert')),
            ],
            options={
                'ordering': ['id'],
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='AlertRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=30)),
                ('name', models.CharField(max_length=60)),
                ('conditions', models.JSONField(blank=True, default=dict)),
                ('level', models.CharField(choices=[('warning', 'Warning'), ('critical', 'Critical')], default='warning', max_length=10)),
                ('cooldown_seconds', models.PositiveIntegerField(default=300, verbose_name='quiet after an end')),
                ('clear_seconds', models.PositiveIntegerField(default=30, verbose_name='well for so long before it ends')),
                ('tells_end', models.BooleanField(default=True, verbose_name='tells when it ends')),
                ('is_active', models.BooleanField(default=True)),
                ('is_default', models.BooleanField(default=False, verbose_name='came with Fillwatch')),
                ('active_since', models.DateTimeField()),
                ('created_at', models.DateTimeField()),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='alert_rules', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'permissions': [('operate_alerts', 'Can see and settle alerts of operators, and change their rules')],
            },
        ),
        migrations.AddField(
            model_name='alert',
            name='rule',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='alerts', to='operations.alertrule'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(condition=models.Q(('rule', None), _negated=True), fields=['rule', 'ended_at'], name='alert_of_rule'),
        ),
        migrations.AddIndex(
            model_name='alertrule',
            index=models.Index(condition=models.Q(('is_active', True)), fields=['kind', 'id'], name='rule_active'),
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('user', 'kind'), name='rule_default_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='alertrule',
            constraint=models.CheckConstraint(condition=models.Q(('level__in', ['warning', 'critical'])), name='rule_level_known'),
        ),
        triggers.SetTrigger(
            "operations.alertrule",
            AuditedTable(
                (
                    *("user_id", "kind", "name", "conditions", "level", "cooldown_seconds"),
                    *("clear_seconds", "tells_end", "is_active"),
                ),
                name="name",
                owner="user_id",
                guard=True,
            ),
        ),
    ]
