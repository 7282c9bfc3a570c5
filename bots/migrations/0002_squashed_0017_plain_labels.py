import bots.models.bots
import django.db.models.deletion
import orders.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('bots', '0002_signals'), ('bots', '0003_strategies_at_work'), ('bots', '0004_what_was_earned'), ('bots', '0005_emergencies'), ('bots', '0006_hooks'), ('bots', '0007_limits_and_worth'), ('bots', '0008_books_behind'), ('bots', '0009_what_is_carried'), ('bots', '0010_by_itself'), ('bots', '0011_what_is_bound'), ('bots', '0012_strategies_asked_for'), ('bots', '0013_emergencies_looked_at'), ('bots', '0014_lines_counted'), ('bots', '0015_days_are_read_without_what_they_keep'), ('bots', '0016_plain_names'), ('bots', '0017_plain_labels')]

    initial = True

    dependencies = [
        ('bots', '0001_initial'),
        ('orders', '0001_squashed_0009_plain_names'),
    ]

    operations = [
        migrations.CreateModel(
            name='AutoTrade',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_enabled', models.BooleanField(default=False)),
                ('is_test', models.BooleanField(default=True, verbose_name='says what it would do, and trades nothing')),
                ('symbols', models.JSONField(blank=True, default=list, verbose_name='only these; none: all')),
                ('amount', orders.models.MoneyField(blank=True, decimal_places=18, max_digits=38, null=True, verbose_name='spend on each; none: as the bot is set')),
                ('per_day', models.PositiveIntegerField(default=10, verbose_name='opens so many in 24 hours at most')),
            ],
        ),
        migrations.CreateModel(
            name='BotLimits',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('most_running', models.PositiveIntegerField(default=50, verbose_name='bots that run at a time')),
                ('most_orders', models.PositiveIntegerField(default=1000, verbose_name='open orders of all bots')),
                ('budgets', models.JSONField(blank=True, default=dict, verbose_name='bound by all bots at most, by quote currency, paper and live each')),
            ],
            options={
                'verbose_name_plural': 'limits',
            },
        ),
        migrations.CreateModel(
            name='BotOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('run', models.PositiveIntegerField()),
                ('slot', models.CharField(max_length=20)),
                ('turn', models.PositiveIntegerField()),
                ('reason', models.TextField()),
                ('is_newest', models.BooleanField(default=True, verbose_name='the newest of its slot')),
                ('is_counted', models.BooleanField(default=False, verbose_name='all of it is in what its bot carries')),
                ('counted_upto', models.BigIntegerField(default=0, verbose_name='its fills up to here are')),
                ('is_unwanted', models.BooleanField(default=False, verbose_name='the bot itself asked for its end')),
            ],
            options={
                'ordering': ['bot', '-id'],
            },
        ),
        migrations.CreateModel(
            name='ClosedTrade',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('began_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField()),
                ('turnover', orders.models.MoneyField(decimal_places=18, max_digits=38)),
                ('gross', orders.models.MoneyField(decimal_places=18, max_digits=38)),
                ('fees', orders.models.MoneyField(decimal_places=18, max_digits=38)),
                ('parts', models.PositiveIntegerField()),
                ('is_provisional', models.BooleanField(default=False)),
            ],
            options={
                'ordering': ['-ended_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Hook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, unique=True, verbose_name='in the address')),
                ('generation', models.PositiveIntegerField(default=1, verbose_name='of the secret')),
                ('former_until', models.DateTimeField(blank=True, null=True, verbose_name='the one before is taken until')),
                ('heard_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='LogEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('level', models.CharField(choices=[('info', 'Info'), ('success', 'Success'), ('warning', 'Warning'), ('error', 'Error')], max_length=7)),
                ('message', models.TextField()),
                ('details', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='PnlBook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('symbol', models.CharField(max_length=40)),
                ('quote', models.CharField(max_length=20)),
                ('state', models.JSONField(default=dict, verbose_name='lots, open trade and statistics')),
                ('gross', orders.models.MoneyField(decimal_places=18, default=0, max_digits=38)),
                ('fees', orders.models.MoneyField(decimal_places=18, default=0, max_digits=38)),
                ('held', orders.models.MoneyField(decimal_places=18, default=0, max_digits=38)),
                ('cost', orders.models.MoneyField(decimal_places=18, default=0, max_digits=38)),
                ('is_provisional', models.BooleanField(default=False, verbose_name='a fee is not known in this currency')),
                ('is_behind', models.BooleanField(default=False, verbose_name='not all that is known has been counted')),
                ('newest_at', models.DateTimeField(null=True, verbose_name='its last fill was executed')),
                ('fee_currency', models.CharField(blank=True, max_length=20, verbose_name='last third currency of a fee')),
            ],
            options={
                'ordering': ['user', 'symbol'],
            },
        ),
        migrations.CreateModel(
            name='PnlDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField()),
                ('gross', orders.models.MoneyField(decimal_places=18, default=0, max_digits=38)),
                ('fees', orders.models.MoneyField(decimal_places=18, default=0, max_digits=38)),
                ('volume', orders.models.MoneyField(decimal_places=18, default=0, max_digits=38, verbose_name='in the quote currency')),
                ('fills', models.PositiveIntegerField(default=0)),
                ('rounds', models.PositiveIntegerField(default=0)),
                ('wins', models.PositiveIntegerField(default=0)),
                ('losses', models.PositiveIntegerField(default=0)),
                ('won', orders.models.MoneyField(decimal_places=18, default=0, max_digits=38)),
                ('lost', orders.models.MoneyField(decimal_places=18, default=0, max_digits=38, verbose_name='zero or above')),
                ('best', orders.models.MoneyField(decimal_places=18, max_digits=38, null=True, verbose_name='of its rounds')),
                ('worst', orders.models.MoneyField(decimal_places=18, max_digits=38, null=True, verbose_name='of its rounds')),
                ('opening_state', models.JSONField(default=dict, verbose_name='its book when the day began')),
            ],
            options={
                'ordering': ['on'],
            },
        ),
        migrations.CreateModel(
            name='PnlHour',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('weekday', models.PositiveSmallIntegerField()),
                ('hour', models.PositiveSmallIntegerField()),
                ('net', orders.models.MoneyField(decimal_places=18, default=0, max_digits=38)),
                ('rounds', models.PositiveIntegerField(default=0)),
            ],
            options={
                'ordering': ['weekday', 'hour'],
            },
        ),
        migrations.CreateModel(
            name='PortfolioValue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_paper', models.BooleanField(verbose_name='simulated')),
                ('at', models.DateTimeField()),
                ('value', orders.models.MoneyField(decimal_places=18, max_digits=38, verbose_name='in US dollars of exchanges (USDT)')),
                ('rates', models.JSONField(default=dict, verbose_name='what one of each currency was worth then')),
                ('unpriced', models.JSONField(default=list, verbose_name='currencies that had no price')),
            ],
            options={
                'verbose_name_plural': 'portfolio values',
                'ordering': ['user', 'at'],
            },
        ),
        migrations.CreateModel(
            name='PriceMinute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('instrument', models.CharField(max_length=120)),
                ('at', models.DateTimeField()),
                ('high', orders.models.MoneyField(decimal_places=18, max_digits=38)),
                ('low', orders.models.MoneyField(decimal_places=18, max_digits=38)),
            ],
            options={
                'ordering': ['instrument', 'at'],
            },
        ),
        migrations.CreateModel(
            name='Signal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=60)),
                ('symbol', models.CharField(max_length=40)),
                ('side', models.CharField(choices=[('buy', 'Buy'), ('sell', 'Sell'), ('long', 'Long'), ('short', 'Short'), ('close', 'Close')], max_length=5)),
                ('price', models.DecimalField(blank=True, decimal_places=18, max_digits=38, null=True)),
                ('message', models.TextField(blank=True, default='')),
                ('raw', models.TextField(blank=True, default='', verbose_name='as it came, without its secret')),
                ('dedup_key', models.CharField(blank=True, default='', max_length=80, verbose_name='what makes it the same again')),
                ('status', models.CharField(choices=[('pending', 'Pending'), ('executed', 'Executed'), ('failed', 'Failed'), ('ignored', 'Ignored'), ('expired', 'Expired')], default='pending', max_length=10)),
                ('reason', models.TextField(blank=True, default='', verbose_name='what became of it')),
                ('received_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('is_automatic', models.BooleanField(default=False, verbose_name='settled automatically')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='StopAll',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='nothing is left')),
                ('worked_at', models.DateTimeField(blank=True, null=True, verbose_name='somebody worked on it')),
                ('bots', models.PositiveIntegerField(verbose_name='bots that ran')),
                ('orders', models.PositiveIntegerField(verbose_name='orders that were open')),
                ('left', models.PositiveIntegerField(verbose_name='orders that are still open')),
                ('message', models.TextField(blank=True, default='')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='UnpricedFee',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tries', models.PositiveIntegerField(default=0)),
                ('retry_at', models.DateTimeField(db_index=True, verbose_name='ask the venue from then on')),
                ('last_error', models.TextField(blank=True, default='', verbose_name='what came of it')),
            ],
            options={
                'verbose_name_plural': 'unpriced fees',
                'ordering': ['retry_at'],
            },
        ),
        migrations.AddField(
            model_name='bot',
            name='after_stop',
            field=models.CharField(blank=True, default='', max_length=10, verbose_name='once it has stopped'),
        ),
        migrations.AddField(
            model_name='bot',
            name='bound',
            field=orders.models.MoneyField(decimal_places=18, default=0, max_digits=38, verbose_name='binds so much of the quote currency'),
        ),
        migrations.AddField(
            model_name='bot',
            name='budget',
            field=orders.models.MoneyField(blank=True, decimal_places=18, max_digits=38, null=True, verbose_name='may bind so much of the quote currency'),
        ),
        migrations.AddField(
            model_name='bot',
            name='carried',
            field=orders.models.MoneyField(decimal_places=18, default=0, max_digits=38, verbose_name='held by fills that are counted'),
        ),
        migrations.AddField(
            model_name='bot',
            name='carried_cost',
            field=orders.models.MoneyField(decimal_places=18, default=0, max_digits=38, verbose_name='and what that cost'),
        ),
        migrations.AddField(
            model_name='bot',
            name='changed_at',
            field=models.DateTimeField(auto_now=True),
        ),
        migrations.AddField(
            model_name='bot',
            name='daily_loss',
            field=orders.models.MoneyField(blank=True, decimal_places=18, max_digits=38, null=True, verbose_name='stops after losing so much in a day'),
        ),
        migrations.AddField(
            model_name='bot',
            name='evaluated_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='bot',
            name='is_default',
            field=models.BooleanField(default=False, verbose_name='signals use it unless they name another'),
        ),
        migrations.AddField(
            model_name='bot',
            name='mode',
            field=models.CharField(choices=[('stopped', 'Stopped'), ('running', 'Running'), ('stopping', 'Stopping'), ('error', 'Error')], default='stopped', max_length=10),
        ),
        migrations.AddField(
            model_name='bot',
            name='most_held',
            field=orders.models.MoneyField(blank=True, decimal_places=18, max_digits=38, null=True, verbose_name='may hold so much, or be short of it'),
        ),
        migrations.AddField(
            model_name='bot',
            name='most_orders',
            field=models.PositiveIntegerField(default=100, verbose_name='open orders at most'),
        ),
        migrations.AddField(
            model_name='bot',
            name='planned_changes',
            field=models.JSONField(blank=True, default=dict, verbose_name='what changes once it has stopped'),
        ),
        migrations.AddField(
            model_name='bot',
            name='reason',
            field=models.TextField(blank=True, default='', verbose_name='why'),
        ),
        migrations.AddField(
            model_name='bot',
            name='run',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='bot',
            name='strategy',
            field=models.CharField(choices=bots.models.bots.strategies, default='manual', max_length=10),
        ),
        migrations.AddField(
            model_name='bot',
            name='version',
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddIndex(
            model_name='bot',
            index=models.Index(condition=models.Q(('mode__in', ['running', 'stopping'])), fields=['evaluated_at'], name='bot_awake'),
        ),
        migrations.AddConstraint(
            model_name='bot',
            constraint=models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('user',), name='bot_default_once_per_user'),
        ),
        migrations.AddConstraint(
            model_name='bot',
            constraint=models.CheckConstraint(condition=models.Q(('mode__in', ['stopped', 'running', 'stopping', 'error'])), name='bot_mode_known'),
        ),
        migrations.AddField(
            model_name='autotrade',
            name='bot',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='bots.bot', verbose_name='with this bot; none: the default one'),
        ),
        migrations.AddField(
            model_name='autotrade',
            name='user',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='auto_trade', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='botlimits',
            name='user',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='bot_limits', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='botorder',
            name='bot',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='bot_orders', to='bots.bot'),
        ),
        migrations.AddField(
            model_name='botorder',
            name='order',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='bot_order', to='orders.order'),
        ),
        migrations.AddField(
            model_name='hook',
            name='user',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='hook', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='logentry',
            name='bot',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='log_entries', to='bots.bot'),
        ),
        migrations.AddField(
            model_name='logentry',
            name='order',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='orders.order'),
        ),
        migrations.AddField(
            model_name='logentry',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='log_entries', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='pnlbook',
            name='bot',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='books', to='bots.bot'),
        ),
        migrations.AddField(
            model_name='pnlbook',
            name='key',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='books', to='exchanges.exchangekey'),
        ),
        migrations.AddField(
            model_name='pnlbook',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='books', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='closedtrade',
            name='book',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='closed_trades', to='bots.pnlbook'),
        ),
        migrations.AddField(
            model_name='pnlday',
            name='book',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='days', to='bots.pnlbook'),
        ),
        migrations.AddField(
            model_name='pnlhour',
            name='book',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hours', to='bots.pnlbook'),
        ),
        migrations.AddField(
            model_name='portfoliovalue',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='portfolio_values', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='priceminute',
            constraint=models.UniqueConstraint(fields=('instrument', 'at'), name='price_minute_once'),
        ),
        migrations.AddField(
            model_name='signal',
            name='order',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='orders.order'),
        ),
        migrations.AddField(
            model_name='signal',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='signals', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='stopall',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stop_alls', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='unpricedfee',
            name='fill',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='unpriced_fee', to='orders.fill'),
        ),
        migrations.AddIndex(
            model_name='botorder',
            index=models.Index(condition=models.Q(('is_counted', False)), fields=['bot', 'run'], name='bot_order_not_counted'),
        ),
        migrations.AddConstraint(
            model_name='botorder',
            constraint=models.UniqueConstraint(fields=('bot', 'run', 'slot', 'turn'), name='bot_order_once'),
        ),
        migrations.AddConstraint(
            model_name='botorder',
            constraint=models.UniqueConstraint(condition=models.Q(('is_newest', True)), fields=('bot', 'run', 'slot'), name='bot_order_newest_once_per_slot'),
        ),
        migrations.AddIndex(
            model_name='logentry',
            index=models.Index(fields=['user', '-id'], name='log_entry_newest'),
        ),
        migrations.AddIndex(
            model_name='logentry',
            index=models.Index(fields=['bot', '-id'], name='log_entry_of_bot'),
        ),
        migrations.AddIndex(
            model_name='logentry',
            index=models.Index(fields=['user', 'level'], name='log_entry_levels'),
        ),
        migrations.AddIndex(
            model_name='logentry',
            index=models.Index(fields=['user', '-created_at'], name='log_entry_since'),
        ),
        migrations.AddIndex(
            model_name='pnlbook',
            index=models.Index(condition=models.Q(('is_behind', True)), fields=['key'], name='book_behind'),
        ),
        migrations.AddIndex(
            model_name='pnlbook',
            index=models.Index(condition=models.Q(('held', 0), _negated=True), fields=['-newest_at'], name='book_held'),
        ),
        migrations.AddIndex(
            model_name='pnlbook',
            index=models.Index(condition=models.Q(('fee_currency', ''), _negated=True), fields=['-newest_at'], name='book_fee_elsewhere'),
        ),
        migrations.AddConstraint(
            model_name='pnlbook',
            constraint=models.UniqueConstraint(condition=models.Q(('bot__isnull', False)), fields=('bot', 'key', 'symbol'), name='book_of_bot_once'),
        ),
        migrations.AddConstraint(
            model_name='pnlbook',
            constraint=models.UniqueConstraint(condition=models.Q(('bot__isnull', True)), fields=('key', 'symbol'), name='book_of_key_once'),
        ),
        migrations.AddIndex(
            model_name='closedtrade',
            index=models.Index(fields=['book', '-ended_at', '-id'], name='closed_trade_newest'),
        ),
        migrations.AddConstraint(
            model_name='pnlday',
            constraint=models.UniqueConstraint(fields=('book', 'on'), name='pnl_day_once'),
        ),
        migrations.AddConstraint(
            model_name='pnlhour',
            constraint=models.UniqueConstraint(fields=('book', 'weekday', 'hour'), name='pnl_hour_once'),
        ),
        migrations.AddConstraint(
            model_name='portfoliovalue',
            constraint=models.UniqueConstraint(fields=('user', 'is_paper', 'at'), name='portfolio_value_once'),
        ),
        migrations.AddIndex(
            model_name='signal',
            index=models.Index(fields=['user', '-id'], name='signal_newest'),
        ),
        migrations.AddIndex(
            model_name='signal',
            index=models.Index(condition=models.Q(('dedup_key', ''), _negated=True), fields=['user', 'dedup_key'], name='signal_dedup_key'),
        ),
        migrations.AddIndex(
            model_name='signal',
            index=models.Index(condition=models.Q(('status', 'pending')), fields=['user', 'id'], name='signal_pending'),
        ),
        migrations.AddIndex(
            model_name='signal',
            index=models.Index(condition=models.Q(('is_automatic', True)), fields=['user', 'settled_at'], name='signal_automatic'),
        ),
        migrations.AddConstraint(
            model_name='signal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled_at', None), ('status', 'pending')), models.Q(('status__in', ['executed', 'failed', 'ignored', 'expired']), ('settled_at__isnull', False)), _connector='OR'), name='signal_settled_with_a_time'),
        ),
        migrations.AddConstraint(
            model_name='signal',
            constraint=models.CheckConstraint(condition=models.Q(('side__in', ['buy', 'sell', 'long', 'short', 'close'])), name='signal_side_known'),
        ),
        # Adding days up reads them all: each day's opening state lies elsewhere, and costs nothing then.
        migrations.RunSQL(
            "ALTER TABLE bots_pnlday SET (toast_tuple_target = 128); "
            "ALTER TABLE bots_pnlday ALTER COLUMN opening_state SET STORAGE EXTERNAL",
            migrations.RunSQL.noop,
        ),
    ]
