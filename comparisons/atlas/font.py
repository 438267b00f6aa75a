"""Makes static/AtlasMath.woff2, the mathematics font of the pages: the glyphs that formulas need, out of Latin Modern Math.

    python -m comparisons.atlas.font /usr/share/texmf/fonts/opentype/public/lm-math/latinmodern-math.otf

Needs fonttools and brotli (no build needs them: the result is kept here). Licence: static/GUST-FONT-LICENSE.txt.
"""
import sys
from pathlib import Path

PLACE = Path(__file__).parent / "static" / "AtlasMath.woff2"
PLAIN = [*range(0x20, 0x7F), 0xA0, 0xA8, 0xAC, 0xAF, 0xB1, 0xB4, 0xB7, 0xD7, 0xF7, 0x131, 0x237, 0x203E]
GREEK = [*range(0x391, 0x3AA), *range(0x3B1, 0x3CA), 0x3D1, 0x3D5, 0x3D6, 0x3F5]
ACCENTS = [0x2C6, 0x2C7, 0x2D8, 0x2D9, 0x2DA, 0x2DC, *range(0x300, 0x309), 0x30C, 0x332, 0x338, 0x20D7]
SIGNS = [0x2013, 0x2014, 0x2015, 0x2016, 0x2018, 0x2019, 0x201C, 0x201D, 0x2020, 0x2026, 0x2032, 0x2033, 0x2034, *range(0x2061, 0x2065),
         0x2113, 0x210B, 0x2112, 0x211D, 0x2115, 0x2124, 0x1D7D9, 0x1D4A9, *range(0x2190, 0x2195), 0x21A6, 0x21D0, 0x21D2, 0x21D4]
OPERATORS = [0x2200, 0x2202, 0x2203, 0x2205, 0x2207, 0x2208, 0x2209, 0x220B, 0x220F, *range(0x2210, 0x2214), *range(0x2215, 0x221B), 0x221D,
             0x221E, 0x2223, 0x2225, *range(0x2227, 0x222C), 0x223C, 0x2243, 0x2245, 0x2248, 0x2254, 0x2260, 0x2261, 0x2264, 0x2265, 0x226A,
             0x226B, 0x2282, 0x2286, *range(0x2295, 0x229A), 0x22A4, 0x22A5, 0x22C5, 0x22C6, 0x22EE, 0x22EF, 0x22F1, *range(0x2308, 0x230C),
             0x23B4, 0x23B5, 0x23DE, 0x23DF, 0x27E8, 0x27E9]
ITALIC = [*range(0x1D434, 0x1D468), 0x1D6A4, 0x1D6A5, *range(0x1D6E2, 0x1D71C)]


def subset(source, place=PLACE):
    """Write the subset of a font file."""
    from fontTools import subset as tool
    options = tool.Options(flavor="woff2", layout_features=["dtls", "flac"], hinting=False, name_IDs=["*"], notdef_outline=True)
    font = tool.load_font(str(source), options)
    chosen = tool.Subsetter(options)
    chosen.populate(unicodes=[*PLAIN, *GREEK, *ACCENTS, *SIGNS, *OPERATORS, *ITALIC])
    chosen.subset(font)
    names = {1: "Atlas Math", 3: "AtlasMath-1.0", 4: "Atlas Math Regular", 6: "AtlasMath-Regular"}
    for record in font["name"].names:
        record.string = names.get(record.nameID, record.string)
    table = font["CFF "].cff
    table.fontNames = ["AtlasMath-Regular"]
    table.topDictIndex[0].FullName, table.topDictIndex[0].FamilyName = "Atlas Math Regular", "Atlas Math"
    tool.save_font(font, str(place), options)


if __name__ == "__main__":
    subset(*sys.argv[1:])
