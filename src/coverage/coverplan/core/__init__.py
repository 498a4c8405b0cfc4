"""What every other room stands on. Each file uses only those named before it.

errors     problems with place and hint, the errors that carry them
units      seconds and minutes, metres and kilometres, degrees and projected metres
progress   how long work tells what it is doing
atomic     files and folders that are whole or not there
words      the field's terms, in English and Chinese
hours      opening hours as people write them
datum      WGS-84, GCJ-02 and BD-09
tables     every table's columns, declared once
cells      numbers as people write them
headings   which column a heading stands for
checks     a table as users bring it, held against its declaration
model      the frozen records that the rooms hand to each other
"""
