"""What people take away: maps, tables and the record of a run.

atomic           files and folders that are whole or not there
sheets           workbooks to be filled in, or filled
store            a study's tables as GeoPackage, workbook or CSV
starter          a folder to begin a study in
phrases          figures, limits and statuses in words, in both languages
png              a picture of few colours
offline          scripts and styles put into the page itself
surface_layer    a travel-time surface as a picture and the minutes under the pointer
map_surfaces     which surfaces a map shows, drawn with their legends
map_layers       areas, roads and facilities as the page wants them
map_results      town verdicts and uncovered places as the page wants them
map_panel        the title bar, the verdicts and the sources as the page wants them
maps             the map page
review_map       positions that a person should look at, on a small map
tables           gaps, summary and verdicts as files
runs             everything of a run in one folder, with its record
compare_runs     what changed between two stored runs, and why
"""
