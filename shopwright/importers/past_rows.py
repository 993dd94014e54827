"""An order's file rows to keep: without empty cells, and bounded."""

from collections.abc import Sequence

from shopwright.importers.draft import Row
from shopwright.services.orders.contract import ImportedRow, OrderSource

MOST_ROWS, LONGEST_CELL = 100, 1_000
MOST_CHARACTERS = 60_000  # of all rows of an order, with the names of their columns


def source_of(group: Sequence[Row]) -> OrderSource:
    """The rows to keep; excess is cut and counted."""
    rows: list[ImportedRow] = []
    character_count = cut = 0
    for number, row in group[:MOST_ROWS]:
        cells = {column: cell for column, cell in row.items() if cell.strip()}
        stored_cells = {column[:LONGEST_CELL]: cell[:LONGEST_CELL] for column, cell in cells.items()}
        character_count += sum(len(column) + len(cell) for column, cell in stored_cells.items())
        if character_count > MOST_CHARACTERS:
            break
        cut += sum(len(cell) > LONGEST_CELL for cell in cells.values())
        rows.append(ImportedRow(number, stored_cells))
    return OrderSource(rows=tuple(rows), rows_left_out=len(group) - len(rows), cells_cut=cut)
