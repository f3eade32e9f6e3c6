#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>
#include <pango/pangofc-fontmap.h>

#include "native.h"

struct darkroom_fonts {
	FcConfig *config;
	PangoFontMap *map;
};

struct darkroom_layout {
	PangoLayout *layout;
	cairo_antialias_t antialias;
};

darkroom_fonts *
darkroom_fonts_new(void)
{
	darkroom_fonts *fonts;
	FcConfig *config = FcInitLoadConfigAndFonts();
	FcFontSet *installed = config ? FcConfigGetFonts(config, FcSetSystem) : NULL;

	if (!installed || installed->nfont == 0) {
		if (config)
			FcConfigDestroy(config);
		return NULL;
	}
	/* Never look again whether fonts were installed meanwhile. */
	FcConfigSetRescanInterval(config, 0);
	fonts = g_new0(darkroom_fonts, 1);
	fonts->config = config;
	fonts->map = pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
	pango_fc_font_map_set_config(PANGO_FC_FONT_MAP(fonts->map), config);
	/* Pixels are pixels: one point is one pixel. */
	pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(fonts->map), 72);
	return fonts;
}

char **
darkroom_families(darkroom_fonts *fonts, int *n)
{
	PangoFontFamily **families;
	char **names;
	int i;

	pango_font_map_list_families(fonts->map, &families, n);
	names = g_new0(char *, *n + 1);
	for (i = 0; i < *n; i++)
		names[i] = g_strdup(pango_font_family_get_name(families[i]));
	g_free(families);
	return names;
}

void
darkroom_families_free(char **names, int n)
{
	g_strfreev(names);
}

int
darkroom_fonts_add(darkroom_fonts *fonts, const char *path, const char *family)
{
	FcFontSet *added;
	int i;

	FcConfigAppFontClear(fonts->config);
	if (!FcConfigAppFontAddFile(fonts->config, (const FcChar8 *) path))
		return -1;
	added = FcConfigGetFonts(fonts->config, FcSetApplication);
	if (!added || added->nfont == 0)
		return -1;
	for (i = 0; i < added->nfont; i++) {
		FcPatternDel(added->fonts[i], FC_FAMILY);
		FcPatternDel(added->fonts[i], FC_FAMILYLANG);
		FcPatternAddString(added->fonts[i], FC_FAMILY, (const FcChar8 *) family);
	}
	pango_fc_font_map_config_changed(PANGO_FC_FONT_MAP(fonts->map));
	return 0;
}

void
darkroom_fonts_clear(darkroom_fonts *fonts)
{
	FcConfigAppFontClear(fonts->config);
	pango_fc_font_map_config_changed(PANGO_FC_FONT_MAP(fonts->map));
}

static PangoContext *
new_context(darkroom_fonts *fonts, const darkroom_style *style)
{
	PangoContext *context = pango_font_map_create_context(fonts->map);
	cairo_font_options_t *options = cairo_font_options_create();
	int hinted = style->hinting != CAIRO_HINT_STYLE_NONE;

	cairo_font_options_set_antialias(options, style->antialias);
	cairo_font_options_set_hint_style(options, style->hinting);
	cairo_font_options_set_hint_metrics(options, hinted ? CAIRO_HINT_METRICS_ON : CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(context, options);
	cairo_font_options_destroy(options);
	pango_context_set_round_glyph_positions(context, hinted);
	return context;
}

static void
set_attributes(PangoLayout *layout, const darkroom_style *style)
{
	PangoAttrList *attributes = pango_attr_list_new();

	if (style->letter_spacing != 0)
		pango_attr_list_insert(attributes, pango_attr_letter_spacing_new(lround(style->letter_spacing * PANGO_SCALE)));
	if (style->underline)
		pango_attr_list_insert(attributes, pango_attr_underline_new(PANGO_UNDERLINE_SINGLE));
	if (style->strikethrough)
		pango_attr_list_insert(attributes, pango_attr_strikethrough_new(TRUE));
	pango_layout_set_attributes(layout, attributes);
	pango_attr_list_unref(attributes);
}

/* Pango ends with an ellipsis the paragraph that it cuts, but leaves out whole ones silently. */
static void
end_with_ellipsis(PangoLayout *layout, const darkroom_style *style)
{
	PangoLayoutLine *last = pango_layout_get_line_readonly(layout, pango_layout_get_line_count(layout) - 1);
	int end = last->start_index + last->length;
	int length = style->length;
	GString *shown;

	while (length > 0 && g_ascii_isspace(style->text[length - 1]))
		length--;
	if (pango_layout_is_ellipsized(layout) || end >= length)
		return;
	shown = g_string_new_len(style->text, end);
	g_string_append(shown, "\342\200\246");
	pango_layout_set_text(layout, shown->str, shown->len);
	g_string_free(shown, TRUE);
}

static PangoDirection
first_direction(PangoLayout *layout)
{
	return pango_layout_line_get_resolved_direction(pango_layout_get_line_readonly(layout, 0));
}

darkroom_layout *
darkroom_layout_new(darkroom_fonts *fonts, const darkroom_style *style)
{
	darkroom_layout *made = g_new0(darkroom_layout, 1);
	PangoContext *context = new_context(fonts, style);
	PangoFontDescription *font = pango_font_description_new();
	PangoLayout *layout = pango_layout_new(context);

	pango_font_description_set_family(font, style->family);
	pango_font_description_set_absolute_size(font, style->size * PANGO_SCALE);
	pango_font_description_set_weight(font, style->weight);
	pango_font_description_set_style(font, style->italic ? PANGO_STYLE_ITALIC : PANGO_STYLE_NORMAL);
	pango_layout_set_font_description(layout, font);
	pango_font_description_free(font);

	set_attributes(layout, style);
	pango_layout_set_alignment(layout, style->align);
	pango_layout_set_justify(layout, style->justify);
	pango_layout_set_spacing(layout, lround(style->line_spacing * PANGO_SCALE));
	if (style->wrap > 0) {
		pango_layout_set_width(layout, style->wrap * PANGO_SCALE);
		pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
	}
	if (style->height > 0) {
		pango_layout_set_height(layout, style->height * PANGO_SCALE);
		pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
	}
	pango_layout_set_text(layout, style->text, style->length);
	/* Pango swaps left and right in paragraphs whose direction is not that of the context. */
	if (style->physical && first_direction(layout) == PANGO_DIRECTION_RTL) {
		pango_context_set_base_dir(context, PANGO_DIRECTION_RTL);
		pango_layout_context_changed(layout);
	}
	if (style->height > 0)
		end_with_ellipsis(layout, style);
	g_object_unref(context);

	made->layout = layout;
	made->antialias = style->antialias;
	return made;
}

void
darkroom_layout_free(darkroom_layout *layout)
{
	g_object_unref(layout->layout);
	g_free(layout);
}

/* The smallest box of whole pixels around a rectangle in Pango's units. */
static darkroom_box
around(PangoRectangle r)
{
	darkroom_box box;

	box.x = PANGO_PIXELS_FLOOR(r.x);
	box.y = PANGO_PIXELS_FLOOR(r.y);
	box.w = PANGO_PIXELS_CEIL(r.x + r.width) - box.x;
	box.h = PANGO_PIXELS_CEIL(r.y + r.height) - box.y;
	return box;
}

void
darkroom_layout_measure(darkroom_layout *layout, darkroom_box *ink, darkroom_box *logical)
{
	PangoRectangle painted, lines;

	pango_layout_get_extents(layout->layout, &painted, &lines);
	*ink = around(painted);
	*logical = around(lines);
}

static void
set_color(cairo_t *cr, const unsigned char *color)
{
	cairo_set_source_rgba(cr, color[0] / 255.0, color[1] / 255.0, color[2] / 255.0, color[3] / 255.0);
}

/* Half of a stroke lies inside of the letters, which cover it. A translucent text would let it shine through: for that one
 * the half is taken away, and the letters are added to what is left of their edges. */
static void
paint_outline(cairo_t *cr, PangoLayout *layout, double width, const unsigned char *color, int opaque)
{
	pango_cairo_layout_path(cr, layout);
	cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
	cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
	cairo_set_line_width(cr, 2 * width);
	set_color(cr, color);
	cairo_stroke_preserve(cr);
	if (!opaque) {
		cairo_set_operator(cr, CAIRO_OPERATOR_DEST_OUT);
		cairo_set_source_rgba(cr, 0, 0, 0, 1);
		cairo_fill_preserve(cr);
		cairo_set_operator(cr, CAIRO_OPERATOR_ADD);
	}
	cairo_new_path(cr);
}

/* Cairo's pixels are pre-multiplied and in the order of the machine. */
static void
unmultiply(const unsigned char *data, int stride, int w, int h, unsigned char *pixels)
{
	int x, y;

	for (y = 0; y < h; y++) {
		const guint32 *row = (const guint32 *) (data + (size_t) y * stride);

		for (x = 0; x < w; x++, pixels += 4) {
			guint32 p = row[x];
			guint32 a = p >> 24;

			if (a == 0) {
				memset(pixels, 0, 4);
				continue;
			}
			pixels[0] = MIN(255, (((p >> 16) & 255) * 255 + a / 2) / a);
			pixels[1] = MIN(255, (((p >> 8) & 255) * 255 + a / 2) / a);
			pixels[2] = MIN(255, ((p & 255) * 255 + a / 2) / a);
			pixels[3] = a;
		}
	}
}

int
darkroom_layout_paint(darkroom_layout *layout, darkroom_box box, double outline_width, const unsigned char *outline,
	const unsigned char *fill, unsigned char *pixels)
{
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, box.w, box.h);
	cairo_t *cr = cairo_create(surface);
	int result = -1;

	cairo_translate(cr, -box.x, -box.y);
	cairo_set_antialias(cr, layout->antialias == CAIRO_ANTIALIAS_SUBPIXEL ? CAIRO_ANTIALIAS_GRAY : layout->antialias);
	if (outline_width > 0)
		paint_outline(cr, layout->layout, outline_width, outline, fill[3] == 255);
	set_color(cr, fill);
	pango_cairo_show_layout(cr, layout->layout);
	cairo_surface_flush(surface);
	if (cairo_status(cr) == CAIRO_STATUS_SUCCESS && cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS) {
		unmultiply(cairo_image_surface_get_data(surface), cairo_image_surface_get_stride(surface), box.w, box.h, pixels);
		result = 0;
	}
	cairo_destroy(cr);
	cairo_surface_destroy(surface);
	return result;
}
