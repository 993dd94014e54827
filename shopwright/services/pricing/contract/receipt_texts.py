"""Texts of price breakdowns, translated where they are shown."""

from shopwright.kit.stored_texts import StoredTexts
from shopwright.kit.translation import gettext_noop

RECEIPT = StoredTexts(
    (
        gettext_noop("To pay"),
        gettext_noop("{rate} % of {base}, in it"),
        gettext_noop("{rate} % of {base}, added"),
        gettext_noop("{title} cannot be combined with {best}, which saves more"),
        gettext_noop("Day of supply: {description}"),
        gettext_noop("{count} lines of order {number}"),
        gettext_noop("As the earlier shop gave it"),
        gettext_noop("As the earlier shop asked"),
        gettext_noop("Rounded by the earlier shop"),
        gettext_noop("Paid to the earlier shop"),
    )
)
