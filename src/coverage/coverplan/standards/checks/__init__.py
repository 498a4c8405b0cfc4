"""The check kinds: each takes a study, a rule and one reading of it, and returns a finding.

bench       what every check works on and hands back
points      every person held against a limit: what reach and response have in common
reach       within so many minutes or kilometres of a facility
response    until a crew arrives
catchments  which hub people and facilities belong to
counts      counting vehicles, devices, beds and staff, and the people they are for
ratio       one for so many people
count       so many of something, and figures of the statistics
share       a part of a whole
singles     findings about single villages, towns and facilities
proximity   how far facilities are from each other
units       the towns, villages, zones and service areas that are looked at
existence   something in every town, village, zone or service area
siting      inside or outside named areas
assignment  whether people belong to the nearest hub
trend       more, or less, than before
"""
