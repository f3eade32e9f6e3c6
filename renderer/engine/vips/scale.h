#ifndef DARKROOM_SCALE_H
#define DARKROOM_SCALE_H

#include <vips/vips.h>

/* Scales a part of an image of 8-bit pixels, of one or three bands, down to a size, by a Lanczos kernel with three lobes. The
 * pixels are read once from top to bottom. left, top, width and height are in pixels of the image and need not be whole. The
 * result is in memory and has the colour profile of the image, if any; NULL with the error buffer of libvips filled. */
VipsImage *darkroom_scale(VipsImage *in, double left, double top, double width, double height, int to_width, int to_height);

#endif
