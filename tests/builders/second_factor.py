"""Accounts with a second factor."""

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from shopwright.app import Shop
from shopwright.services.users.contract import User
from shopwright.services.users.second_factor import STEP_S, base64

PASSWORD = "harbour at seven"


def shows(shop: Shop, secret: str, later: int = 0) -> str:
    """The code that an authenticator shows."""
    totp = TOTP(base64.b32decode(secret), 6, SHA1(), STEP_S)  # noqa: S303 -- what authenticators know
    return totp.generate(int(shop.clock.now().timestamp()) + later).decode()


async def ada(shop: Shop) -> User:
    """Ada, without a second factor yet."""
    return await shop.users.register("ada@example.com", PASSWORD, "Ada")


async def guarded(shop: Shop) -> tuple[User, str, list[str]]:
    """Ada with a second factor: account, secret and recovery codes."""
    user = await ada(shop)
    factor = await shop.users.begin_second_factor(user.id, "Northlight")
    codes = await shop.users.confirm_second_factor(user.id, shows(shop, factor.secret))
    shop.clock.move(seconds=STEP_S)
    return user, factor.secret, codes
