"""Demand from what there is: a population raster, a census by town or village, or points; every total kept.

rounding  whole people whose total is exactly right
demand    what comes out: demand points, the figures they rest on, and what was left out
groups    people over 65, under 3, and women of 15 to 49, consistent with everybody
growth    the people of another year
cells     many small pieces put together to cells, area by area
grid      the raster as its file holds it: opened, checked, read block by block
raster    demand points from a population raster
weights   what a census is spread over: settlements, buildings or anything with a weight
streets   what a census is spread over: the roads along which people live
census    demand points from a census by town or village
ground    people on water, or far from every road
section   the `people` and `growth` of a config

The rules by which people are spread, and what is kept exactly, stand in docs/people.md.
"""
