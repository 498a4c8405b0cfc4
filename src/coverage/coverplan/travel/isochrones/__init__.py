"""Isochrones: areas around the roads that are reached within a limit. They are pictures; nothing is counted by them.

reached     which bits of road are within a limit, partial edges included
cells       the distance to the nearest of those bits, on a grid
contours    where values on a grid cross a level, as polygons
each        what each facility reaches by itself
outlines    the areas within a distance of the reached bits, one for all, one for each, or shared out
fidelity    how much of the reached road lies in a polygon, and how much other road
study       isochrones of a study's facilities, as a table
"""
