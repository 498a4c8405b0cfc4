"""The tables of a plan review, before anyone lays them out; the workbook and the document both ask here.

cells       fields, tables, and what may stand in a cell
results     verdicts, towns, gaps, needs, ways to read the rules, scenarios
sites       chosen sites with how good they are for certain
records     what it rests on: facilities, projects, sources, files, speeds
"""
