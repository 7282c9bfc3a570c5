import django.db.models.deletion
import orders.models
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('orders', '0001_initial'), ('orders', '0002_order_of_user_by_end'), ('orders', '0003_kinds_and_origins'), ('orders', '0004_fees_later'), ('orders', '0005_names_before'), ('orders', '0006_both_sides'), ('orders', '0007_fills_reckoned'), ('orders', '0008_what_fees_were_worth'), ('orders', '0009_plain_names')]

    initial = True

    dependencies = [
        ('bots', '0001_initial'),
        ('exchanges', '0001_squashed_0007_cash_of_a_balance'),
    ]

    operations = [
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('symbol', models.CharField(max_length=40)),
                ('side', models.CharField(choices=[('buy', 'Buy'), ('sell', 'Sell')], max_length=4)),
                ('type', models.CharField(choices=[('limit', 'Limit'), ('market', 'Market'), ('stop_loss', 'Stop loss'), ('take_profit', 'Take profit'), ('trailing_stop', 'Trailing stop')], max_length=20)),
                ('origin', models.CharField(choices=[('fillwatch', 'Placed here'), ('external', 'External')], default='fillwatch', max_length=10)),
                ('time_in_force', models.CharField(choices=[('GTC', 'Good till cancelled'), ('IOC', 'Immediate or cancel'), ('FOK', 'Fill or kill'), ('PO', 'Post only')], default='GTC', max_length=3)),
                ('price', orders.models.MoneyField(blank=True, decimal_places=18, max_digits=38, null=True)),
                ('trigger_price', orders.models.MoneyField(blank=True, decimal_places=18, max_digits=38, null=True)),
                ('trailing_percent', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True)),
                ('quantity', orders.models.MoneyField(decimal_places=18, max_digits=38)),
                ('reduce_only', models.BooleanField(default=False)),
                ('leverage', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='leverage set first')),
                ('margin_mode', models.CharField(blank=True, choices=[('cross', 'Cross'), ('isolated', 'Isolated')], default='', max_length=10)),
                ('client_order_id', models.CharField(db_index=True, max_length=80)),
                ('idempotency_key', models.CharField(blank=True, default='', max_length=100)),
                ('status', models.CharField(choices=[('pending', 'Pending'), ('unknown', 'Unknown'), ('new', 'Open'), ('partially_filled', 'Partially filled'), ('filled', 'Filled'), ('canceled', 'Cancelled'), ('expired', 'Expired'), ('rejected', 'Rejected'), ('denied', 'Denied')], default='pending', max_length=20)),
                ('filled', orders.models.MoneyField(decimal_places=18, default=Decimal('0'), max_digits=38)),
                ('fills_quantity', orders.models.MoneyField(decimal_places=18, default=Decimal('0'), max_digits=38, verbose_name='filled, as far as fills show')),
                ('cost', orders.models.MoneyField(decimal_places=18, default=Decimal('0'), max_digits=38)),
                ('average_price', orders.models.MoneyField(blank=True, decimal_places=18, max_digits=38, null=True)),
                ('fees', models.JSONField(blank=True, default=dict)),
                ('lacks_fees', models.BooleanField(default=False, verbose_name='a fee is not known yet')),
                ('exchange_order_id', models.CharField(blank=True, default='', max_length=80)),
                ('carried', orders.models.MoneyField(decimal_places=18, default=Decimal('0'), max_digits=38, verbose_name='filled before it was replaced at the venue')),
                ('former', models.JSONField(blank=True, default=dict, verbose_name='names that it had at the venue before')),
                ('lacks_past', models.BooleanField(default=False, verbose_name='not all is known of such a name')),
                ('terms_at', models.DateTimeField(blank=True, null=True, verbose_name='terms changed at the venue')),
                ('version', models.PositiveIntegerField(default=0)),
                ('misses', models.PositiveSmallIntegerField(default=0, verbose_name='times confirmed absent')),
                ('last_report', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField()),
                ('submitted_at', models.DateTimeField(blank=True, null=True)),
                ('checked_at', models.DateTimeField(blank=True, null=True)),
                ('cancel_requested_at', models.DateTimeField(blank=True, null=True)),
                ('cancel_requested_by', models.CharField(blank=True, choices=[('user', 'Its owner'), ('bot', 'A bot'), ('operator', 'An operator'), ('fillwatch', 'Fillwatch'), ('venue', 'The venue'), ('hand', 'By hand at the exchange'), ('expiry', 'Its own terms'), ('absence', 'Concluded from absence'), ('refused', 'Refused by the venue')], default='', max_length=10)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_by', models.CharField(blank=True, choices=[('user', 'Its owner'), ('bot', 'A bot'), ('operator', 'An operator'), ('fillwatch', 'Fillwatch'), ('venue', 'The venue'), ('hand', 'By hand at the exchange'), ('expiry', 'Its own terms'), ('absence', 'Concluded from absence'), ('refused', 'Refused by the venue')], default='', max_length=10)),
                ('ended_reason', models.TextField(blank=True, default='')),
                ('end_is_assumed', models.BooleanField(default=False)),
                ('bot', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='orders', to='bots.bot')),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='orders', to='exchanges.exchangekey')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='orders', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Fill',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('symbol', models.CharField(max_length=40)),
                ('trade_id', models.CharField(max_length=80)),
                ('side', models.CharField(choices=[('buy', 'Buy'), ('sell', 'Sell')], max_length=4)),
                ('price', orders.models.MoneyField(decimal_places=18, max_digits=38)),
                ('quantity', orders.models.MoneyField(decimal_places=18, max_digits=38)),
                ('fee', orders.models.MoneyField(blank=True, decimal_places=18, max_digits=38, null=True)),
                ('fee_currency', models.CharField(blank=True, default='', max_length=20)),
                ('fee_value', orders.models.MoneyField(blank=True, decimal_places=18, max_digits=38, null=True, verbose_name='in the quote currency, when paid in a third one')),
                ('is_maker', models.BooleanField(blank=True, null=True)),
                ('executed_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(auto_now_add=True)),
                ('is_counted', models.BooleanField(default=False, verbose_name='counted in what was earned')),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='fills', to='exchanges.exchangekey')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='fills', to=settings.AUTH_USER_MODEL)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='fills', to='orders.order')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='OrderChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('at', models.DateTimeField()),
                ('status', models.CharField(choices=[('pending', 'Pending'), ('unknown', 'Unknown'), ('new', 'Open'), ('partially_filled', 'Partially filled'), ('filled', 'Filled'), ('canceled', 'Cancelled'), ('expired', 'Expired'), ('rejected', 'Rejected'), ('denied', 'Denied')], max_length=20)),
                ('filled', orders.models.MoneyField(decimal_places=18, max_digits=38)),
                ('source', models.CharField(max_length=20, verbose_name='told by')),
                ('actor', models.CharField(blank=True, choices=[('user', 'Its owner'), ('bot', 'A bot'), ('operator', 'An operator'), ('fillwatch', 'Fillwatch'), ('venue', 'The venue'), ('hand', 'By hand at the exchange'), ('expiry', 'Its own terms'), ('absence', 'Concluded from absence'), ('refused', 'Refused by the venue')], default='', max_length=10, verbose_name='done by')),
                ('reason', models.TextField(blank=True, default='')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='orders.order')),
            ],
            options={
                'ordering': ['order', 'version'],
            },
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('status__in', ['new', 'partially_filled', 'pending', 'unknown']), ('fills_quantity__lt', models.F('filled')), ('lacks_fees', True), ('lacks_past', True), _connector='OR'), fields=['key', 'checked_at'], name='order_to_check'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['user', '-id'], name='order_of_user'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['user', 'status', '-id'], name='order_of_user_by_status'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['user', 'symbol', '-id'], name='order_of_user_by_symbol'),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('ended_at__isnull', False)), fields=['user', '-ended_at'], name='order_of_user_by_end'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['pending', 'unknown', 'new', 'partially_filled', 'filled', 'canceled', 'expired', 'rejected', 'denied'])), name='order_status_known'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='order_quantity_positive'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('price__gt', 0), ('price__isnull', True), _connector='OR'), name='order_price_positive'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('trigger_price__gt', 0), ('trigger_price__isnull', True), _connector='OR'), name='order_trigger_price_positive'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('origin__in', ['fillwatch', 'external'])), name='order_origin_known'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('filled__gte', 0)), name='order_filled_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(condition=models.Q(('origin', 'fillwatch')), fields=('client_order_id',), name='order_our_name_once'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['new', 'partially_filled', 'pending', 'unknown']), ('ended_at__isnull', True)), models.Q(models.Q(('status__in', ['new', 'partially_filled', 'pending', 'unknown']), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='order_ended_at_says_so'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(condition=models.Q(('idempotency_key', ''), _negated=True), fields=('user', 'idempotency_key'), name='order_idempotency_key_once'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(condition=models.Q(('exchange_order_id', ''), _negated=True), fields=('key', 'symbol', 'exchange_order_id'), name='order_exchange_id_once'),
        ),
        migrations.AddIndex(
            model_name='fill',
            index=models.Index(fields=['user', '-id'], name='fill_of_user'),
        ),
        migrations.AddIndex(
            model_name='fill',
            index=models.Index(fields=['user', 'executed_at'], name='fill_of_user_by_time'),
        ),
        migrations.AddIndex(
            model_name='fill',
            index=models.Index(condition=models.Q(('is_counted', False)), fields=['key', 'executed_at', 'id'], name='fill_to_count'),
        ),
        migrations.AddIndex(
            model_name='fill',
            index=models.Index(fields=['key', 'symbol', 'executed_at', 'id'], name='fill_of_key'),
        ),
        migrations.AddConstraint(
            model_name='fill',
            constraint=models.UniqueConstraint(fields=('key', 'symbol', 'trade_id', 'side'), name='fill_once'),
        ),
        migrations.AddConstraint(
            model_name='fill',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='fill_quantity_positive'),
        ),
        migrations.AddConstraint(
            model_name='orderchange',
            constraint=models.UniqueConstraint(fields=('order', 'version'), name='change_numbered_once'),
        ),
    ]
