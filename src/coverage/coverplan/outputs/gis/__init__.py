"""Results as map layers for QGIS and other programs.

places      where a row of the gap list lies
service     what is within a rule's limit by road
layers      what the layers hold: towns with verdicts, people with times, gaps, facilities, roads, service areas
styles      how QGIS draws them
files       GeoPackage, GeoParquet and GeoJSON
"""
