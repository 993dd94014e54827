"""`migrate`: what is applied, or would be."""

from shopwright.app import Shop, migrations_of


async def migrate(shop: Shop) -> int:
    """Apply what is new."""
    applied = await shop.migrate()
    for name in applied:
        print(name)
    print(f"{len(applied)} migrations applied." if applied else "Everything is up to date.")
    return 0


async def plan(shop: Shop) -> int:
    """Say what would be applied."""
    count = 0
    for service, work in shop.works.items():
        migration = ""
        for step in await work.database.plan(migrations_of(service)):
            if step.migration != migration:
                migration = step.migration
                count += 1
                print(f"-- {service}: {migration}")
            print(f"{step.sql};\n--   {step.lock}\n")
    print(f"-- {count} migrations would be applied." if count else "Everything is up to date.")
    return 0
