"""The operator's view of accounts: open, list, pay in, revoke."""

from dataclasses import fields
from decimal import Decimal
from secrets import choice
from string import ascii_letters, digits

from exchanges.simulator.accounts.accounts import DEFAULT_FEE, Account, Permissions
from exchanges.simulator.control.body import BadRequest, Body, NotFound, decimal
from exchanges.simulator.decimals import wire
from exchanges.simulator.markets.contracts import SETTLED_IN
from exchanges.simulator.simulation import Simulation

Json = dict[str, object]


def open_account(simulation: Simulation, body: Body) -> Json:
    """A new account with its key, secret and passphrase; the same api_key changes nothing."""
    key = body.text("api_key", "") or random_text(64)
    existing = simulation.venue.engine.accounts.get(key)
    if existing is None:
        existing = _account(simulation, body, key)
        deposits = {a: decimal(v, a) for a, v in body.mapping("balances").items()}
        simulation.venue.open_account(existing, deposits)
        if body.has("futures"):
            _pay_for_contracts(simulation, existing, body.part("futures").decimal(SETTLED_IN))
    secrets = {"secret": existing.secret, "passphrase": existing.passphrase}
    return {**account_row(existing), **secrets}


def accounts(simulation: Simulation, _: Body) -> Json:
    found = simulation.venue.engine.accounts.values()
    return {"accounts": [account_row(account) for account in found]}


def deposit(simulation: Simulation, body: Body) -> Json:
    account, asset = find(simulation, body.text("key")), body.text("asset")
    amount = body.decimal("amount")
    if body.text("wallet", "spot") == "futures":
        _pay_for_contracts(simulation, account, amount if asset == SETTLED_IN else None)
    else:
        simulation.venue.deposit(account, {asset: amount or decimal(0, "amount")})
    return account_row(account)


def revoke(simulation: Simulation, body: Body) -> Json:
    account = find(simulation, body.text("key"))
    account.revoked = body.flag("revoked", True)
    simulation.venue.change_account(account)
    if account.revoked:
        for socket in [s for s in simulation.sockets if s.serves(account.key)]:
            socket.end_streams()
    return account_row(account)


def change(simulation: Simulation, body: Body) -> Json:
    """Other permissions or fees for an account that exists."""
    account = find(simulation, body.text("key"))
    if body.has("permissions"):
        account.permissions = _permissions(body)
    account.level = body.whole("level") or account.level
    _set_fees(account, body)
    simulation.venue.change_account(account)
    return account_row(account)


def find(simulation: Simulation, key: str) -> Account:
    """By API key or by label."""
    everyone = simulation.venue.engine.accounts
    named = [account for account in everyone.values() if account.label == key]
    account = everyone.get(key) or (named[0] if len(named) == 1 else None)
    if account is None:
        raise NotFound(f"no account has the key or label {key!r}")
    return account


def account_row(account: Account) -> Json:
    return {
        "key": account.key,
        "label": account.label,
        "permissions": {f.name: getattr(account.permissions, f.name) for f in fields(Permissions)},
        "fees": {
            "maker": str(account.maker_fee),
            "taker": str(account.taker_fee),
            "asset": account.fee_asset,
        },
        "revoked": account.revoked,
        "balances": {
            asset: {"free": wire(held.free), "locked": wire(held.locked)}
            for asset, held in account.balances.items()
        },
        "futures": {SETTLED_IN: wire(account.wallet)},
        "positions": {
            name: {
                "quantity": str(position.quantity),
                "entry": wire(position.entry),
                "leverage": position.leverage,
                "isolated": position.isolated,
                "realised": wire(position.realised),
            }
            for name, position in account.positions.items()
        },
    }


def _pay_for_contracts(simulation: Simulation, account: Account, amount: Decimal | None) -> None:
    if amount is None:
        raise BadRequest(f"contracts are paid in {SETTLED_IN}, nothing else")
    simulation.venue.deposit_for_contracts(account, amount)


def _account(simulation: Simulation, body: Body, key: str) -> Account:
    account = Account(
        key=key,
        secret=body.text("secret", "") or random_text(64),
        passphrase=body.text("passphrase", "") or random_text(16),
        label=body.text("label", ""),
        created=simulation.venue.now(),
        permissions=_permissions(body),
    )
    _set_fees(account, body)
    return account


def _permissions(body: Body) -> Permissions:
    wanted = body.part("permissions")
    names = {field.name for field in fields(Permissions)}
    unknown = set(body.mapping("permissions")) - names
    if unknown:
        raise BadRequest(f"unknown permissions {sorted(unknown)}; known are {sorted(names)}")
    usual = Permissions()
    return Permissions(**{name: wanted.flag(name, getattr(usual, name)) for name in names})


def _set_fees(account: Account, body: Body) -> None:
    if body.has("fees"):
        fees = body.part("fees")
        maker, taker = fees.decimal("maker"), fees.decimal("taker")
        account.maker_fee = DEFAULT_FEE if maker is None else maker
        account.taker_fee = DEFAULT_FEE if taker is None else taker
        account.fee_asset = fees.text("asset", "")


def random_text(length: int) -> str:
    return "".join(choice(ascii_letters + digits) for _ in range(length))
