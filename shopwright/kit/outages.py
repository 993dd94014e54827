"""Texts about damage and outages for shoppers and API clients; operators find the details in the log."""

from shopwright.kit.translation import gettext_noop

NOT_UNTIL_REPAIRED = gettext_noop(
    "Something the shop keeps is damaged, so it cannot do this until that is repaired. Nothing was changed, and its operators know. You can look around meanwhile."
)
NOT_NOW = gettext_noop("The shop cannot do this just now, and nothing was changed. Try again in a little while.")
