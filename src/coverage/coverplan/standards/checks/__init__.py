"""The check kinds: each takes a study, a rule and one reading of it, and returns a finding.

bench       what every check works on and hands back
points      every person held against a limit: what reach and response have in common
reach       within so many minutes or kilometres of a facility
response    until a crew arrives
counts      counting vehicles, devices and beds, and the people they are for
ratio       one for so many people
share       a part of a whole
"""
