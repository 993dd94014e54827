"""E-mails of the shop, as their readers receive them."""

from shopwright.app import Shop


async def send_all(shop: Shop) -> None:
    """Send all pending messages."""
    for _ in range(2):
        await shop.bus.settle()
        shop.clock.move(seconds=1)
    await shop.bus.settle()


async def email_text(shop: Shop, subject: str, to: str = "ada@example.com") -> str:
    """The newest e-mail with this subject, as its reader receives it (see `readable_messages`)."""
    await send_all(shop)
    found = [one for one in await shop.notifications.messages(text=to) if one.subject == subject]
    return (await shop.notifications.message(found[0].id)).text
