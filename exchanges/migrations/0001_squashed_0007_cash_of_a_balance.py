import django.db.models.deletion
import django.db.models.functions.text
import exchanges.venues
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('exchanges', '0001_initial'), ('exchanges', '0002_symbol'), ('exchanges', '0003_streams'), ('exchanges', '0004_venues'), ('exchanges', '0005_holdings'), ('exchanges', '0006_most_leverage'), ('exchanges', '0007_cash_of_a_balance')]

    initial = True

    dependencies = [
        ('users', '0001_squashed_0003_ended_sign_ins'),
    ]

    operations = [
        migrations.CreateModel(
            name='ExchangeKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label', models.CharField(max_length=60)),
                ('venue', models.CharField(choices=exchanges.venues.choices, max_length=20)),
                ('market', models.CharField(choices=[('spot', 'Spot'), ('futures', 'Futures')], default='spot', max_length=10)),
                ('api_key', models.CharField(max_length=200)),
                ('sealed_secret', models.BinaryField()),
                ('sealed_passphrase', models.BinaryField(default=bytes)),
                ('is_paper', models.BooleanField(default=False, verbose_name='simulated')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('permissions', models.JSONField(blank=True, default=list, verbose_name='permissions seen')),
                ('last_error', models.TextField(blank=True, default='')),
                ('last_checked_at', models.DateTimeField(blank=True, null=True)),
                ('holdings_at', models.DateTimeField(blank=True, null=True, verbose_name='holdings as of')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exchange_keys', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['user', 'label'],
            },
        ),
        migrations.CreateModel(
            name='StreamProcess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('alive_until', models.DateTimeField()),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='StreamLease',
            fields=[
                ('key', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='stream', serialize=False, to='exchanges.exchangekey')),
                ('holder', models.CharField(blank=True, default='', max_length=80)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('state', models.CharField(choices=[('idle', 'Not followed'), ('connecting', 'Connecting'), ('live', 'Live'), ('waiting', 'Waiting to reconnect'), ('refused', 'Refused by the venue'), ('polled', 'Asked, not followed')], default='idle', max_length=12)),
                ('connected_since', models.DateTimeField(blank=True, null=True)),
                ('last_message_at', models.DateTimeField(blank=True, null=True)),
                ('last_reconcile_at', models.DateTimeField(blank=True, null=True)),
                ('restarts', models.PositiveIntegerField(default=0)),
                ('last_error', models.TextField(blank=True, default='')),
            ],
            options={
                'ordering': ['key'],
            },
        ),
        migrations.CreateModel(
            name='Balance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1)),
                ('said_at', models.DateTimeField(null=True)),
                ('known_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('currency', models.CharField(max_length=40)),
                ('free', models.DecimalField(decimal_places=18, max_digits=38)),
                ('held', models.DecimalField(decimal_places=18, max_digits=38)),
                ('cash', models.DecimalField(decimal_places=18, max_digits=38, null=True, verbose_name='without what open positions have won or lost')),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='balances', to='exchanges.exchangekey')),
            ],
            options={
                'ordering': ['key', 'currency'],
            },
        ),
        migrations.CreateModel(
            name='Position',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1)),
                ('said_at', models.DateTimeField(null=True)),
                ('known_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('symbol', models.CharField(max_length=40)),
                ('side', models.CharField(choices=[('net', 'Net'), ('long', 'Long'), ('short', 'Short')], default='net', max_length=5)),
                ('quantity', models.DecimalField(decimal_places=18, max_digits=38)),
                ('entry_price', models.DecimalField(decimal_places=18, max_digits=38, null=True)),
                ('mark_price', models.DecimalField(decimal_places=18, max_digits=38, null=True)),
                ('liquidation_price', models.DecimalField(decimal_places=18, max_digits=38, null=True)),
                ('unrealised', models.DecimalField(decimal_places=18, max_digits=38, null=True)),
                ('leverage', models.DecimalField(decimal_places=18, max_digits=38, null=True)),
                ('margin_mode', models.CharField(blank=True, default='', max_length=20)),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='positions', to='exchanges.exchangekey')),
            ],
            options={
                'ordering': ['key', 'symbol', 'side'],
            },
        ),
        migrations.CreateModel(
            name='Symbol',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('venue', models.CharField(choices=exchanges.venues.choices, max_length=20)),
                ('market', models.CharField(choices=[('spot', 'Spot'), ('futures', 'Futures')], max_length=10)),
                ('is_paper', models.BooleanField(verbose_name='simulated')),
                ('name', models.CharField(max_length=40)),
                ('base', models.CharField(max_length=20)),
                ('quote', models.CharField(max_length=20)),
                ('price_step', models.DecimalField(decimal_places=18, max_digits=38)),
                ('quantity_step', models.DecimalField(decimal_places=18, max_digits=38)),
                ('min_quantity', models.DecimalField(decimal_places=18, max_digits=38)),
                ('min_cost', models.DecimalField(decimal_places=18, max_digits=38)),
                ('most_leverage', models.PositiveIntegerField(null=True, verbose_name='where the venue says it to all')),
                ('read_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('venue', 'market', 'is_paper', 'name'), name='symbol_once')],
            },
        ),
        migrations.AddConstraint(
            model_name='exchangekey',
            constraint=models.UniqueConstraint(models.F('user'), django.db.models.functions.text.Lower('label'), name='key_label_once_per_user'),
        ),
        migrations.AddConstraint(
            model_name='exchangekey',
            constraint=models.UniqueConstraint(fields=('venue', 'market', 'api_key', 'is_paper'), name='key_attached_once'),
        ),
        migrations.AddConstraint(
            model_name='exchangekey',
            constraint=models.CheckConstraint(condition=models.Q(('venue__regex', '^[a-z0-9_]+$')), name='key_venue_named'),
        ),
        migrations.AddConstraint(
            model_name='exchangekey',
            constraint=models.CheckConstraint(condition=models.Q(('market__in', ['spot', 'futures'])), name='key_market_known'),
        ),
        migrations.AddConstraint(
            model_name='balance',
            constraint=models.UniqueConstraint(fields=('key', 'currency'), name='balance_once'),
        ),
        migrations.AddConstraint(
            model_name='position',
            constraint=models.UniqueConstraint(fields=('key', 'symbol', 'side'), name='position_once'),
        ),
    ]
