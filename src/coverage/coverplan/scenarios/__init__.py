"""Proposals as lists of edits on a study, and the study that they make.

edits       the edits there are, each a frozen record; the scenario that lists them
forms       how an edit is written down: its keys in both languages, and what may stand behind each
cells       words and cells as people write them
clashes     edits that contradict each other
names       what edits name, held against a study
resolve     names become records of the study; everything that is wrong is said at once
values      what stands behind the keys of an edit
making      edits, made from what stands behind their keys
read        scenarios from YAML files and from a study's config
schedule    projects finished, delayed or speeded up, and what that does to facilities
facilities  facilities opened, closed, moved and changed, with their vehicles; communities; devices
people      people who come, and people scaled
roads       roads added, closed and slowed
apply       a study and a scenario make a new study
timeline    the study in a given year
remarks     what a planner should hear of a scenario although nothing is wrong with it
"""
