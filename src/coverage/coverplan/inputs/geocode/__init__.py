"""Positions for records that have a name and perhaps an address, but no coordinates.

names       Chinese place and institution names, made comparable
alike       how alike two names of institutions are
gazetteer   lists of places: the embedded one, and the study's own
match       finding the place that a name tells, with a margin and candidates
cache       what was asked once, in a CSV its user may edit
web         the one door to the network, which lets no key out
services    AMap, Tianditu, Baidu and Nominatim as geopy asks them
providers   what their answers are worth, asked slowly and patiently
area        does a point lie in the study area
steps       one record, from the surest source to the last
place       a table of records
review      the workbook for what a person should look at
run         a file of records, as the command places it

In short: `geocode(records, gazetteer=[read_gazetteer("own.csv"), embedded_gazetteer()], county="晋江市")` returns a
`Geocoded` with the table `placed`, the list `review` of what a person should look at, and `problems`. `write_review`
and `read_review` take the list to the person and back.
"""

from coverplan.inputs.geocode.gazetteer import Gazetteer, embedded_gazetteer, gazetteer_folder, read_gazetteer
from coverplan.inputs.geocode.place import Geocoded, geocode
from coverplan.inputs.geocode.providers import PROVIDERS, Provider, make_provider, provider_from_config
from coverplan.inputs.geocode.review import REASONS, read_review, write_review
from coverplan.inputs.geocode.run import geocode_file

__all__ = [
    "PROVIDERS",
    "REASONS",
    "Gazetteer",
    "Geocoded",
    "Provider",
    "embedded_gazetteer",
    "gazetteer_folder",
    "geocode",
    "geocode_file",
    "make_provider",
    "provider_from_config",
    "read_gazetteer",
    "read_review",
    "write_review",
]
