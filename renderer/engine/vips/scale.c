/* Scaling down, the dearest step of most renderings, in one pass: rows come from the decoder, each row of the result is first
 * made of as many rows of the source as its kernel spans, then narrowed. Weights have 14 bits. libvips does the same in more
 * general steps, in four times the time. */

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "scale.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define LOBES 3
#define WEIGHT_BITS 14
#define WEIGHT_ONE (1 << WEIGHT_BITS)

/* Kernels read past the end of a row by less than this. */
#define PADDING 64

/* Rows are asked of libvips in strips of this height. */
#define STRIP 16

/* The weights of all results along one side: those of result i are weights[i * taps], for the sources from first[i] on. */
typedef struct {
	int taps;
	int *first;
	int16_t *weights;
} Kernel;

static double
sinc(double x)
{
	if (fabs(x) < 1e-8)
		return 1;
	x *= M_PI;
	return sin(x) / x;
}

static double
lanczos(double x)
{
	return fabs(x) < LOBES ? sinc(x) * sinc(x / LOBES) : 0;
}

static void
kernel_free(Kernel *k)
{
	g_free(k->first);
	g_free(k->weights);
}

/* What a kernel spans beyond the ends is taken to be as the last pixel there. The weights of one result make exactly one. taps is
 * a multiple of four, filled up by zeros. */
static void
kernel_init(Kernel *k, int side, double from, double length, int to)
{
	double scale = VIPS_MAX(1.0, length / to);
	int span = (int) ceil(2 * LOBES * scale) + 1;
	double *exact = g_new(double, span);
	int i, j;

	k->taps = (span + 3) & ~3;
	k->first = g_new(int, to);
	k->weights = g_new0(int16_t, (size_t) to * k->taps);
	for (i = 0; i < to; i++) {
		double centre = from + (i + 0.5) * length / to;
		int begin = (int) floor(centre - LOBES * scale + 0.5);
		int first = VIPS_CLIP(0, begin, side - 1);
		int16_t *weights = k->weights + (size_t) i * k->taps;
		double sum = 0;
		int rest = WEIGHT_ONE, heaviest = 0;

		memset(exact, 0, span * sizeof(double));
		for (j = begin; j < begin + span; j++) {
			double weight = lanczos((j + 0.5 - centre) / scale);

			exact[VIPS_CLIP(0, j, side - 1) - first] += weight;
			sum += weight;
		}
		for (j = 0; j < span; j++) {
			weights[j] = (int16_t) lrint(exact[j] / sum * WEIGHT_ONE);
			rest -= weights[j];
			if (weights[j] > weights[heaviest])
				heaviest = j;
		}
		weights[heaviest] += rest;
		k->first[i] = first;
	}
	g_free(exact);
}

static inline uint8_t
rounded(int sum)
{
	return (uint8_t) VIPS_CLIP(0, (sum + WEIGHT_ONE / 2) >> WEIGHT_BITS, 255);
}

/* One row out of taps rows. */
static void
mix_rows(uint8_t *out, uint8_t **rows, const int16_t *weights, int taps, int from, int length)
{
	int x, i;

	for (x = from; x < length; x++) {
		int sum = 0;

		for (i = 0; i < taps; i++)
			sum += weights[i] * rows[i][x];
		out[x] = rounded(sum);
	}
}

/* A narrower row. */
static void
narrow(uint8_t *out, const uint8_t *row, const Kernel *k, int bands, int to)
{
	int x, b, i;

	for (x = 0; x < to; x++) {
		const int16_t *weights = k->weights + (size_t) x * k->taps;
		const uint8_t *source = row + (size_t) k->first[x] * bands;

		for (b = 0; b < bands; b++) {
			int sum = 0;

			for (i = 0; i < k->taps; i++)
				sum += weights[i] * source[i * bands + b];
			out[x * bands + b] = rounded(sum);
		}
	}
}

#if defined(__x86_64__)

/* 32 bytes at a time, two rows in each multiplication. */
__attribute__((target("avx2"))) static void
mix_rows_avx2(uint8_t *out, uint8_t **rows, const int16_t *weights, int taps, int length)
{
	const __m256i half = _mm256_set1_epi32(WEIGHT_ONE / 2), zero = _mm256_setzero_si256();
	int x, i;

	for (x = 0; x + 32 <= length; x += 32) {
		__m256i a = half, b = half, c = half, d = half;

		for (i = 0; i < taps; i += 2) {
			__m256i w = _mm256_set1_epi32((uint16_t) weights[i] | (uint32_t) (uint16_t) weights[i + 1] << 16);
			__m256i p = _mm256_loadu_si256((const __m256i *) (rows[i] + x));
			__m256i q = _mm256_loadu_si256((const __m256i *) (rows[i + 1] + x));
			__m256i low = _mm256_unpacklo_epi8(p, q), high = _mm256_unpackhi_epi8(p, q);

			a = _mm256_add_epi32(a, _mm256_madd_epi16(_mm256_unpacklo_epi8(low, zero), w));
			b = _mm256_add_epi32(b, _mm256_madd_epi16(_mm256_unpackhi_epi8(low, zero), w));
			c = _mm256_add_epi32(c, _mm256_madd_epi16(_mm256_unpacklo_epi8(high, zero), w));
			d = _mm256_add_epi32(d, _mm256_madd_epi16(_mm256_unpackhi_epi8(high, zero), w));
		}
		a = _mm256_packs_epi32(_mm256_srai_epi32(a, WEIGHT_BITS), _mm256_srai_epi32(b, WEIGHT_BITS));
		c = _mm256_packs_epi32(_mm256_srai_epi32(c, WEIGHT_BITS), _mm256_srai_epi32(d, WEIGHT_BITS));
		_mm256_storeu_si256((__m256i *) (out + x), _mm256_packus_epi16(a, c));
	}
	mix_rows(out, rows, weights, taps, x, length);
}

/* Pixels of three bands: four of them in each multiplication, two in each half of a register. */
__attribute__((target("avx2"))) static void
narrow_avx2(uint8_t *out, const uint8_t *row, const Kernel *k, int to)
{
	const __m256i pixels = _mm256_setr_epi8(
		0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1,
		6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
	const __m256i pairs = _mm256_setr_epi8(
		0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, -1, -1, -1, -1,
		4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, -1, -1, -1, -1);
	const __m128i half = _mm_set1_epi32(WEIGHT_ONE / 2);
	int x, i;

	for (x = 0; x < to; x++) {
		const int16_t *weights = k->weights + (size_t) x * k->taps;
		const uint8_t *source = row + (size_t) k->first[x] * 3;
		__m256i sum = _mm256_setzero_si256();
		__m128i total;
		uint32_t pixel;

		for (i = 0; i < k->taps; i += 4) {
			__m256i p = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *) (source + i * 3)));
			__m256i w = _mm256_broadcastsi128_si256(_mm_loadl_epi64((const __m128i *) (weights + i)));

			sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_shuffle_epi8(p, pixels), _mm256_shuffle_epi8(w, pairs)));
		}
		total = _mm_add_epi32(_mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1)), half);
		total = _mm_srai_epi32(total, WEIGHT_BITS);
		total = _mm_packus_epi16(_mm_packs_epi32(total, total), total);
		pixel = (uint32_t) _mm_cvtsi128_si32(total);
		out[x * 3] = (uint8_t) pixel;
		out[x * 3 + 1] = (uint8_t) (pixel >> 8);
		out[x * 3 + 2] = (uint8_t) (pixel >> 16);
	}
}

#endif

static void
scale_row(uint8_t *out, uint8_t *mixed, uint8_t **rows, const int16_t *weights, int taps, const Kernel *across, int bands, int length, int to)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2")) {
		mix_rows_avx2(mixed, rows, weights, taps, length);
		if (bands == 3)
			narrow_avx2(out, mixed, across, to);
		else
			narrow(out, mixed, across, bands, to);
		return;
	}
#endif
	mix_rows(mixed, rows, weights, taps, 0, length);
	narrow(out, mixed, across, bands, to);
}

/* The rows that were read last. */
typedef struct {
	uint8_t *bytes;
	size_t stride;
	int count;
	/* read is how many rows came so far. */
	int read;
} Ring;

static uint8_t *
ring_row(const Ring *ring, int y)
{
	return ring->bytes + (size_t) (y % ring->count) * ring->stride;
}

/* Reads rows until at least upto have come. */
static int
ring_fill(Ring *ring, VipsRegion *region, VipsRect *area, int upto)
{
	while (ring->read < upto) {
		VipsRect strip = *area;
		int y;

		strip.top += ring->read;
		strip.height = VIPS_MIN(STRIP, area->height - ring->read);
		if (vips_region_prepare(region, &strip))
			return -1;
		for (y = 0; y < strip.height; y++)
			memcpy(ring_row(ring, ring->read + y), VIPS_REGION_ADDR(region, strip.left, strip.top + y), VIPS_REGION_SIZEOF_LINE(region));
		ring->read += strip.height;
	}
	return 0;
}

VipsImage *
darkroom_scale(VipsImage *in, double left, double top, double width, double height, int to_width, int to_height)
{
	VipsImage *out;
	VipsRegion *region;
	VipsRect area;
	Kernel across, down;
	Ring ring = { 0 };
	uint8_t *mixed, **rows;
	const void *profile;
	size_t profile_length;
	int bands = in->Bands, length, y, i, result = 0;

	if (vips_image_pio_input(in))
		return NULL;
	if (in->BandFmt != VIPS_FORMAT_UCHAR || in->Coding != VIPS_CODING_NONE || (bands != 1 && bands != 3)) {
		vips_error("scale", "%d bands of format %d", bands, in->BandFmt);
		return NULL;
	}
	area.left = VIPS_CLIP(0, (int) floor(left), in->Xsize - 1);
	area.top = VIPS_CLIP(0, (int) floor(top), in->Ysize - 1);
	area.width = VIPS_CLIP(1, (int) ceil(left + width) - area.left, in->Xsize - area.left);
	area.height = VIPS_CLIP(1, (int) ceil(top + height) - area.top, in->Ysize - area.top);
	kernel_init(&across, area.width, left - area.left, width, to_width);
	kernel_init(&down, area.height, top - area.top, height, to_height);

	out = vips_image_new_memory();
	vips_image_init_fields(out, to_width, to_height, bands, VIPS_FORMAT_UCHAR, VIPS_CODING_NONE, in->Type, in->Xres, in->Yres);
	if (vips_image_get_typeof(in, VIPS_META_ICC_NAME) &&
		vips_image_get_blob(in, VIPS_META_ICC_NAME, &profile, &profile_length) == 0)
		vips_image_set_blob_copy(out, VIPS_META_ICC_NAME, profile, profile_length);
	length = area.width * bands;
	ring.stride = (size_t) length + PADDING;
	ring.count = down.taps + STRIP;
	ring.bytes = g_try_malloc(ring.stride * ring.count);
	mixed = g_malloc0((size_t) length + (size_t) across.taps * bands + PADDING);
	rows = g_new(uint8_t *, down.taps);
	region = vips_region_new(in);
	if (!ring.bytes)
		vips_error("scale", "no memory for %d rows of %zu bytes", ring.count, ring.stride);
	if (!ring.bytes || vips_image_write_prepare(out))
		result = -1;
	for (y = 0; y < to_height && result == 0; y++) {
		int first = down.first[y];

		if (ring_fill(&ring, region, &area, VIPS_MIN(first + down.taps, area.height))) {
			result = -1;
			break;
		}
		/* Rows below the picture have no weight. */
		for (i = 0; i < down.taps; i++)
			rows[i] = ring_row(&ring, VIPS_MIN(first + i, area.height - 1));
		scale_row(VIPS_IMAGE_ADDR(out, 0, y), mixed, rows, down.weights + (size_t) y * down.taps, down.taps, &across, bands, length, to_width);
	}
	g_object_unref(region);
	g_free(rows);
	g_free(mixed);
	g_free(ring.bytes);
	kernel_free(&across);
	kernel_free(&down);
	if (result) {
		g_object_unref(out);
		return NULL;
	}
	return out;
}
