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
map_layers       areas, zones and roads as the page wants them
map_facilities   facilities by kind and tier, each with its symbol
map_results      town verdicts and uncovered places as the page wants them
map_isochrones   isochrone bands as shapes
map_radius       service radii, as circles and by road
map_catchments   who is nearest where, and the areas of medical communities
map_points       the demand points, packed, with what the rules say of each
map_tiles        base maps from the internet, off until a reader switches one on
map_panel        the title bar, the verdicts and the sources as the page wants them
map_data         everything a map page shows
map_page         the frame of a map page
maps             the map of an assessment
map_states       several assessments on one page
swipe_map        before and after, with a line to drag between them
timeline_map     years or scenarios, with a slider or buttons
difference_map   who gains and who loses by a proposal
review_map       positions that a person should look at, on a small map
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
