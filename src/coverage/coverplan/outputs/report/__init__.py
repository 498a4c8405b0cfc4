"""The plan-review document. The one door of the libraries that write Word files.

wording     the sentences that every document says: purpose, method, limits
context     everything a template can name, from an assessment
fixed       the fixed words of the template, and what its tables hold
layout      how the template looks: page, faces, cells
template    the template that comes with the package, made by code
document    the template filled in
door        the way in: loads the libraries, or says how to get them
"""
