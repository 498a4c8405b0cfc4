"""What users bring, checked at the door. Each file uses only those named before it.

yaml        YAML with the line of every key
door        one file on its way in: how messages call it, its cells as text
grids       a sheet of cells made a table: where the heading stands, which rows are records
book_cells  the cells of a workbook as text, in a process of its own where need be
workbooks   .xlsx, .xls, .ods
text_files  .csv, .tsv, .txt
layers      .geojson, .gpkg, .shp, .parquet
database    tables of PostgreSQL with PostGIS
records     one table from any of them, checked and placed
geocode     positions for records that have a name and an address only
config      the study's config file
sources     where the tables of a study stand: file, sheet, layer, database
placing     positions for the records of a study that bring none
places      what refers to what, and whether everything lies where it should
importing   bringing a file in: what was understood, what is wrong, which records are good
people      demand points from a population raster or a census, groups of people, growth
speeds      the speed profiles of a study: the usual ones, its own tables, its config
road_source  where the roads of a study come from, and whether there is anything in it
study       a whole study, with everything that is wrong said at once
merge       facilities of OpenStreetMap merged with the user's list
datum_check  whether positions look as if nobody had converted them from a Chinese map
select      which facilities count, by kind, tier and year
dictionary  the data dictionary, written from the declarations
"""
