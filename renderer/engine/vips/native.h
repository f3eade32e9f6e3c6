#ifndef DARKROOM_NATIVE_H
#define DARKROOM_NATIVE_H

#include <stddef.h>

/* Closes every loader that libvips has; those that are wanted are opened one by one. */
void darkroom_block_loaders(void);

/* Opens one loader by its class name, such as "VipsForeignLoadJpegBuffer". */
void darkroom_open_loader(const char *class_name);

/* Decodes every pixel of a buffer with one typed loader and keeps none; -1 when the picture is damaged or ends early. */
int darkroom_verify(const char *loader, void *bytes, size_t length, int all_pages);

/* Evaluates an image into memory, in place. */
int darkroom_materialise(void *image);

/* Takes all metadata but the colour profile off a freshly opened image, in place. */
void darkroom_forget_metadata(void *image);

#endif
