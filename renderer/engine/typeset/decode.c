#include <stdlib.h>
#include <string.h>

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_TRUETYPE_TABLES_H

#include "native.h"

/* A table of an SFNT file: its tag and the bytes that it takes, without padding. */
typedef struct {
	FT_ULong tag, length;
} table;

static void
put16(unsigned char *at, unsigned value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static void
put32(unsigned char *at, FT_ULong value)
{
	put16(at, value >> 16 & 0xffff);
	put16(at + 2, value & 0xffff);
}

static size_t
padded(size_t length)
{
	return (length + 3) & ~(size_t) 3;
}

static int
list_tables(FT_Face face, table *tables, FT_ULong n, size_t *size, int *compact)
{
	FT_ULong i;

	*size = 12 + 16 * n;
	*compact = 0;
	for (i = 0; i < n; i++) {
		if (FT_Sfnt_Table_Info(face, i, &tables[i].tag, &tables[i].length))
			return -1;
		*size += padded(tables[i].length);
		if (tables[i].tag == FT_MAKE_TAG('C', 'F', 'F', ' ') || tables[i].tag == FT_MAKE_TAG('C', 'F', 'F', '2'))
			*compact = 1;
	}
	return 0;
}

/* Writes the file that the tables of a face make. Nobody who reads it looks at check sums. */
static int
write_sfnt(FT_Face face, const table *tables, FT_ULong n, int compact, unsigned char *out)
{
	size_t at = 12 + 16 * n;
	FT_ULong i;

	put32(out, compact ? FT_MAKE_TAG('O', 'T', 'T', 'O') : 0x00010000);
	put16(out + 4, n);
	for (i = 0; i < n; i++) {
		unsigned char *entry = out + 12 + 16 * i;
		FT_ULong length = tables[i].length;

		put32(entry, tables[i].tag);
		put32(entry + 8, at);
		put32(entry + 12, length);
		if (length > 0 && FT_Load_Sfnt_Table(face, tables[i].tag, 0, out + at, &length))
			return -1;
		at += padded(length);
	}
	return 0;
}

static int
unpack(FT_Face face, size_t max, unsigned char **out, size_t *out_length)
{
	FT_ULong n = 0;
	table *tables;
	int compact, result = -1;

	if (FT_Sfnt_Table_Info(face, 0, NULL, &n) || n == 0 || n > 4095)
		return -1;
	tables = calloc(n, sizeof(table));
	if (tables && list_tables(face, tables, n, out_length, &compact) == 0 && *out_length <= max) {
		*out = calloc(1, *out_length);
		if (*out)
			result = write_sfnt(face, tables, n, compact, *out);
	}
	free(tables);
	return result;
}

int
darkroom_font_decode(const unsigned char *bytes, size_t length, size_t max, unsigned char **out, size_t *out_length)
{
	FT_Library library;
	FT_Face face;
	int result = -1;

	*out = NULL;
	if (length < 12 || length > max || FT_Init_FreeType(&library))
		return -1;
	if (FT_New_Memory_Face(library, bytes, length, 0, &face) == 0) {
		if (FT_IS_SFNT(face) && (FT_IS_SCALABLE(face) || FT_HAS_COLOR(face)) && face->num_faces == 1) {
			if (memcmp(bytes, "wOF", 3) == 0) {
				result = unpack(face, max, out, out_length);
			}
			else if ((*out = malloc(length))) {
				memcpy(*out, bytes, length);
				*out_length = length;
				result = 0;
			}
		}
		FT_Done_Face(face);
	}
	FT_Done_FreeType(library);
	if (result != 0) {
		free(*out);
		*out = NULL;
	}
	return result;
}
