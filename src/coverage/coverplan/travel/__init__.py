"""Travel times on the road network, either way. Each file uses only those named before it.

ordering    in which order a search keeps its nodes
kernels     the compiled searches
field       the nearest of many facilities for every place, on exact weights
nearest     the same for every demand point, by whichever search is done sooner
reach       what lies within a limit of each facility, and how many people that is
hierarchy   what large matrices are computed on
matrix      every pair of demand point and facility
whatif      a field that changes with a facility added, moved or closed, and changes back
router      a profile's graph and where the people meet it, made once
paths       the fastest way of single trips, arc by arc
calibrate   speeds held against trips that were timed
times       travel times of a study, with names and reasons
periods     times by part of the week, and how much of the week is covered
surface     times on a regular grid, for drawing
isochrones  areas around the roads that are within a limit, for drawing
warm        compile everything now
"""
