"""Pictures for documents: maps and charts, with Chinese letters where the machine has them. The one door of matplotlib.

fonts       which font writes Chinese, and what it cannot write
drawing     an empty picture, outlines, lines, and the PNG it becomes
maps        facilities and roads; towns by what they miss, with the places left outside
plots       verdicts by system, people by minutes
"""
