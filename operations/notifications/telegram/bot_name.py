"""The bot's name, which a worker asks Telegram for; web processes read it where it was kept."""

from operations.models import TelegramUpdates


def describe_link(code: str) -> dict[str, str]:
    """Return the bot's name and the link that sends it this code; empty while it is not known."""
    name = TelegramUpdates.objects.values_list("bot_name", flat=True).first() or ""
    return {"bot": name, "link": f"https://t.me/{name}?start={code}" if name else ""}
