"""Every table's columns, declared once: validation, import aliases and the data dictionary all come from here.

columns    what a column and a table are
shared     columns that several tables have
care       facilities, ambulances, AEDs
people     demand points, census, settlements, groups
county     towns and zones, projects, figures of the registers
roads      nodes and edges of the road tables
speeds     profiles, parts of the week, trips that were observed
"""

from coverplan.core.tables.care import AEDS, FACILITIES, VEHICLES
from coverplan.core.tables.columns import Column, ColumnType, Geometry, Table, cells_of
from coverplan.core.tables.county import AREAS, INDICATORS, PROJECTS, ZONES
from coverplan.core.tables.people import CENSUS, GROUP_SHARES, PEOPLE, PEOPLE_GROUPS, SETTLEMENTS
from coverplan.core.tables.roads import ROAD_EDGES, ROAD_NODES
from coverplan.core.tables.shared import HOURS
from coverplan.core.tables.speeds import PERIODS, SPEED_TABLES, SPEEDS, TRIPS

__all__ = [
    "AEDS",
    "AREAS",
    "CENSUS",
    "FACILITIES",
    "GROUP_SHARES",
    "HOURS",
    "INDICATORS",
    "INPUT_TABLES",
    "PEOPLE",
    "PEOPLE_GROUPS",
    "PERIODS",
    "PROJECTS",
    "ROAD_EDGES",
    "ROAD_NODES",
    "SETTLEMENTS",
    "SPEEDS",
    "SPEED_TABLES",
    "TRIPS",
    "VEHICLES",
    "ZONES",
    "Column",
    "ColumnType",
    "Geometry",
    "Table",
    "cells_of",
]

INPUT_TABLES = {
    table.name: table
    for table in (
        *(AREAS, FACILITIES, VEHICLES, AEDS, PEOPLE, PROJECTS, INDICATORS, ZONES),
        *(CENSUS, SETTLEMENTS, GROUP_SHARES),
        *(ROAD_NODES, ROAD_EDGES),
    )
}
"""The tables that users bring, by name."""
