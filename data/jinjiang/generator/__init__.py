"""The generator of the embedded study: a believable county around the facts in the sources folder."""
