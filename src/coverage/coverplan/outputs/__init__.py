"""What people take away: maps, tables and the record of a run.

sheets           workbooks to be filled in, or filled
store            a study's tables as GeoPackage, workbook or CSV
starter          a folder to begin a study in
phrases          figures, limits and statuses in words, in both languages
maps             maps as pages that open without a connection
tables           gaps, summary and verdicts as files
books            verdicts as a workbook, and tables too long for memory written row by row
proposals        comparisons and timelines as folders
runs             everything of a run in one folder, with its record
compare_runs     what changed between two stored runs, and why
review           the tables of a plan review, before anyone lays them out
workbook         the workbook of a review
gis              results as map layers for QGIS and other programs
charts           maps and charts as pictures for documents
report           the plan-review document
"""
