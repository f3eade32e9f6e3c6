#ifndef DARKROOM_TYPESET_H
#define DARKROOM_TYPESET_H

#include <stddef.h>

/* How a text is to be set. Lengths are pixels. */
typedef struct {
	const char *text; /* UTF-8 */
	int length;		  /* bytes of text */
	const char *family;
	double size;
	int weight; /* 100..900 */
	int italic, underline, strikethrough;
	int align;	 /* a PangoAlignment */
	int physical; /* left and right are sides of the page, whatever the direction of the text */
	int justify;
	double letter_spacing, line_spacing;
	int antialias; /* a cairo_antialias_t */
	int hinting;   /* a cairo_hint_style_t */
	int wrap;	   /* break lines at this width; 0 does not */
	int height;	   /* end with an ellipsis where lines do not fit; 0 does not */
} darkroom_style;

typedef struct {
	int x, y, w, h;
} darkroom_box;

/* Fonts: a configuration of fontconfig and a font map over it. Not for two threads at once. */
typedef struct darkroom_fonts darkroom_fonts;

/* NULL when fontconfig has no configuration or no font. */
darkroom_fonts *darkroom_fonts_new(void);

/* The families, each string and the array to be freed by darkroom_families_free; n is how many. */
char **darkroom_families(darkroom_fonts *fonts, int *n);
void darkroom_families_free(char **names, int n);

/* Adds the font in a file under a family name of its own, for the texts to come; -1 when it is none that can be used. */
int darkroom_fonts_add(darkroom_fonts *fonts, const char *path, const char *family);

/* Takes away what was added. */
void darkroom_fonts_clear(darkroom_fonts *fonts);

/* Looks at the bytes of a font. The SFNT form (TTF or OTF) that all libraries read is left in *out, to be freed: the bytes
 * themselves, or what a WOFF or WOFF2 file holds. -1 when they are no font of letters that scale, or more than max bytes. */
int darkroom_font_decode(const unsigned char *bytes, size_t length, size_t max, unsigned char **out, size_t *out_length);

/* A text that is set. */
typedef struct darkroom_layout darkroom_layout;

darkroom_layout *darkroom_layout_new(darkroom_fonts *fonts, const darkroom_style *style);
void darkroom_layout_free(darkroom_layout *layout);

/* The boxes of what is painted and of the lines with their full height, both from the same origin. */
void darkroom_layout_measure(darkroom_layout *layout, darkroom_box *ink, darkroom_box *logical);

/* Paints what lies in a box of the layout: the outline, then the text. Colours are RGBA. pixels has room for w * h
 * pixels and receives RGBA, not pre-multiplied; -1 when there is no memory. */
int darkroom_layout_paint(darkroom_layout *layout, darkroom_box box, double outline_width, const unsigned char *outline,
	const unsigned char *fill, unsigned char *pixels);

#endif
