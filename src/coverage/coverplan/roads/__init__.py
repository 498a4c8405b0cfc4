"""The road network: how it is read, how fast one travels on it, and where a point meets it.

network        the arrays that everything below stands on: edges with their course, the graph of one profile, snaps
tags           what OpenStreetMap tags mean: class, who may use it in which direction, signed speed
courses        what the readers share: courses as flat arrays, lengths, the last look at a network
pbf            where the nodes of an .osm.pbf lie, block by block
clip           a part of an extract: the study area with a margin
lengths        how many kilometres of which roads a network holds
archive        arrays of bytes in an archive, read in their place
store          a network as one file that loads in milliseconds
restrictions   turns that are forbidden to cars, as OpenStreetMap's relations say
osm            roads from an .osm.pbf or .osm extract
answers        what a server answered, looked at before OSMnx sees it
download       roads from OpenStreetMap's servers, through OSMnx
osm_facilities  hospitals, clinics, ambulance stations and AEDs from an OpenStreetMap extract
interchange    roads from and to networkx graphs, and GraphML as OSMnx saves it
tables         roads from nodes.csv and edges.csv
profiles       speed profiles as tables: those that come with coverplan, a user's own, parts of the week
turns          forbidden turns, and turns that take time, made part of a graph
speeds         the directed graph that a profile sees
snapping       the nearest point of a road, for many points
build          the network of a study, from whatever its config names
"""
