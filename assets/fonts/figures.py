# Gives a font tabular figures: maps the ten digits to the glyphs of its own `tnum` feature.
import sys
from fontTools.ttLib import TTFont

font = TTFont(sys.argv[1])
gsub = font["GSUB"].table
lookups = {i for f in gsub.FeatureList.FeatureRecord if f.FeatureTag == "tnum" for i in f.Feature.LookupListIndex}
swap = {}
for i in lookups:
    for table in gsub.LookupList.Lookup[i].SubTable:
        swap.update(getattr(getattr(table, "ExtSubTable", table), "mapping", {}))
for table in font["cmap"].tables:
    for code in map(ord, "0123456789"):
        if code in table.cmap:
            table.cmap[code] = swap.get(table.cmap[code], table.cmap[code])  # tables share their maps
font.save(sys.argv[2])
