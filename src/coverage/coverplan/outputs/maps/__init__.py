"""Maps as pages that open without a connection.

png           a picture of few colours
offline       scripts and styles put into the page itself
raster        a travel-time surface as a picture and the minutes under the pointer
surfaces      which surfaces a map shows, drawn with their legends
layers        areas, zones and roads as the page wants them
facilities    facilities by kind and tier, each with its symbol
results       town verdicts and uncovered places as the page wants them
isochrones    isochrone bands as shapes
radius        service radii, as circles and by road
catchments    who is nearest where, and the areas of medical communities
points        the demand points, packed, with what the rules say of each
tiles         base maps from the internet, off until a reader switches one on
panel         the title bar, the verdicts and the sources as the page wants them
contents      everything a map page shows
page          the frame of a map page
assessment    the map of an assessment
states        several assessments on one page
swipe         before and after, with a line to drag between them
timeline      years or scenarios, with a slider or buttons
difference    who gains and who loses by a proposal
review        positions that a person should look at, on a small map
"""
