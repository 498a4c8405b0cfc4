"""Speeds held against trips that were timed. Each file uses only those named before it.

trips        the trips as users bring them: places, times, parts of the week
journeys     the trips on the road network: the ways known so far, and what each costs
shape        which factors the trips can tell apart
fitting      factors that make modelled times like observed ones, and how well they do on trips they have not seen
tables       what a calibration shows
calibration  the whole: trips in, factors, errors and a better profile out
"""
