"""What users bring, checked at the door. Each file uses only those named before it.

yaml        YAML with the line of every key
records     one table from a CSV file or map layer
geocode     positions for records that have a name and an address only
config      the study's config file
places      what refers to what, and whether everything lies where it should
study       a whole study, with everything that is wrong said at once
select      which facilities count, by kind, tier and year
dictionary  the data dictionary, written from the declarations
"""
