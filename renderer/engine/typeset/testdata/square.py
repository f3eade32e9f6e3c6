# Makes the fonts of the tests, by fontTools: the capital letter A is a square of one em that stands on the baseline and is
# as wide as its advance; nothing else is in them.
#
#   python3 square.py        writes square.ttf, square.otf, square.woff and square.woff2
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

EM = 1000


def square(pen):
    pen.moveTo((0, 0))
    pen.lineTo((0, EM))
    pen.lineTo((EM, EM))
    pen.lineTo((EM, 0))
    pen.closePath()
    return pen


def build(name, truetype):
    font = FontBuilder(EM, isTTF=truetype)
    font.setupGlyphOrder([".notdef", "A"])
    font.setupCharacterMap({ord("A"): "A"})
    if truetype:
        font.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "A": square(TTGlyphPen(None)).glyph()})
    else:
        font.setupCFF("Square", {}, {".notdef": T2CharStringPen(EM, None).getCharString(), "A": square(T2CharStringPen(EM, None)).getCharString()}, {})
    font.setupHorizontalMetrics({".notdef": (EM, 0), "A": (EM, 0)})
    font.setupHorizontalHeader(ascent=EM, descent=0)
    font.setupNameTable({"familyName": "Square", "styleName": "Regular"})
    font.setupOS2(sTypoAscender=EM, sTypoDescender=0, usWinAscent=EM, usWinDescent=0)
    font.setupPost()
    font.save(name)


build("square.ttf", True)
build("square.otf", False)
for flavor in ("woff", "woff2"):
    packed = TTFont("square.ttf")
    packed.flavor = flavor
    packed.save("square." + flavor)
