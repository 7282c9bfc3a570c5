"""Control of accounts: open, list, change, deposit, revoke."""

from dataclasses import asdict, fields
from decimal import Decimal

from exchanges.simulator.accounts.accounts import DEFAULT_FEE, Account, Permissions
from exchanges.simulator.accounts.listen_keys import random_text
from exchanges.simulator.control.body import BadRequest, Body, Json, NotFound, parse_decimal
from exchanges.simulator.decimals import format_8, write_8
from exchanges.simulator.markets.symbols import SETTLEMENT_ASSET
from exchanges.simulator.simulation import Simulation


def open_account(simulation: Simulation, body: Body) -> Json:
    """Open an account and return its secrets; with a known api_key nothing changes."""
    key = body.get_text("api_key", "") or random_text(64)
    account = simulation.venue.engine.accounts.get(key)
    if account is None:
        account = _build_account(simulation, body, key)
        deposits = {a: parse_decimal(v, a) for a, v in body.get_mapping("balances").items()}
        simulation.venue.open_account(account, deposits)
        if body.has("futures"):
            amount = body.get_object("futures").get_decimal(SETTLEMENT_ASSET)
            _deposit_for_contracts(simulation, account, amount)
    secrets = {"secret": account.secret, "passphrase": account.passphrase}
    return {**account_row(account), **secrets}


def list_accounts(simulation: Simulation, _: Body) -> Json:
    accounts = simulation.venue.engine.accounts.values()
    return {"accounts": [account_row(account) for account in accounts]}


def add_deposit(simulation: Simulation, body: Body) -> Json:
    account, asset = find_account(simulation, body.get_text("key")), body.get_text("asset")
    amount = body.get_decimal("amount")
    if body.get_text("wallet", "spot") == "futures":
        _deposit_for_contracts(simulation, account, amount if asset == SETTLEMENT_ASSET else None)
    else:
        simulation.venue.deposit(account, {asset: amount or parse_decimal(0, "amount")})
    return account_row(account)


def revoke_key(simulation: Simulation, body: Body) -> Json:
    account = find_account(simulation, body.get_text("key"))
    account.revoked = body.get_flag("revoked", True)
    simulation.venue.save_account(account)
    if account.revoked:
        for socket in [s for s in simulation.sockets if s.serves_key(account.key)]:
            socket.end_streams()
    return account_row(account)


def change_account(simulation: Simulation, body: Body) -> Json:
    """Change the permissions, fees or OKX level of an account."""
    account = find_account(simulation, body.get_text("key"))
    if body.has("permissions"):
        account.permissions = _read_permissions(body)
    account.level = body.get_int("level") or account.level
    _set_fees(account, body)
    simulation.venue.save_account(account)
    return account_row(account)


def find_account(simulation: Simulation, key: str) -> Account:
    """Find an account by API key or label."""
    accounts = simulation.venue.engine.accounts
    labelled = [account for account in accounts.values() if account.label == key]
    account = accounts.get(key) or (labelled[0] if len(labelled) == 1 else None)
    if account is None:
        raise NotFound(f"no account has the key or label {key!r}")
    return account


def read_account_key(simulation: Simulation, body: Body) -> str | None:
    """Return the API key of the account in a request, or None if it names none."""
    return find_account(simulation, body.get_text("account")).key if body.has("account") else None


def account_row(account: Account) -> Json:
    fees = {"maker": str(account.maker_fee), "taker": str(account.taker_fee)}
    return {
        "key": account.key,
        "label": account.label,
        "permissions": asdict(account.permissions),
        "fees": {**fees, "asset": account.fee_asset},
        "revoked": account.revoked,
        "balances": {
            asset: write_8(free=balance.free, locked=balance.locked)
            for asset, balance in account.balances.items()
        },
        "futures": {SETTLEMENT_ASSET: format_8(account.wallet)},
        "positions": {
            name: {
                "quantity": str(position.quantity),
                "entry": format_8(position.entry_price),
                "leverage": position.leverage,
                "isolated": position.isolated,
                "realised": format_8(position.realised),
            }
            for name, position in account.positions.items()
        },
    }


def _deposit_for_contracts(
    simulation: Simulation, account: Account, amount: Decimal | None
) -> None:
    if amount is None:
        raise BadRequest(f"contracts are paid in {SETTLEMENT_ASSET}, nothing else")
    simulation.venue.pay_account(account, "DEPOSIT", "futures", SETTLEMENT_ASSET, amount)


def _build_account(simulation: Simulation, body: Body, key: str) -> Account:
    account = Account(
        key=key,
        secret=body.get_text("secret", "") or random_text(64),
        passphrase=body.get_text("passphrase", "") or random_text(16),
        label=body.get_text("label", ""),
        created=simulation.venue.now(),
        permissions=_read_permissions(body),
    )
    _set_fees(account, body)
    return account


def _read_permissions(body: Body) -> Permissions:
    permissions = body.get_object("permissions")
    names = {field.name for field in fields(Permissions)}
    unknown = set(body.get_mapping("permissions")) - names
    if unknown:
        raise BadRequest(f"unknown permissions {sorted(unknown)}; known are {sorted(names)}")
    defaults = asdict(Permissions())
    return Permissions(**{name: permissions.get_flag(name, defaults[name]) for name in names})


def _set_fees(account: Account, body: Body) -> None:
    if body.has("fees"):
        fees = body.get_object("fees")
        maker, taker = fees.get_decimal("maker"), fees.get_decimal("taker")
        account.maker_fee = DEFAULT_FEE if maker is None else maker
        account.taker_fee = DEFAULT_FEE if taker is None else taker
        account.fee_asset = fees.get_text("asset", "")
