// Package vips applies a transform.Plan to a picture with libvips. It is linked by the engine only: the process that
// decodes hostile bytes, runs one job at a time and may be killed at any moment.
//
// The way of a job, each part in files of its own:
//
//	formats, source    what the bytes are (own magic detection), limits on the header, the one typed loader
//	measure, gravity   the arithmetic: which rectangle is kept, what it is scaled to, where it lies. No libvips
//	focus, faces       where the interesting part is: stored coordinates, faces, attention
//	steps, step_*      one component is one ordered list of small steps
//	shrink             whether the first resize may let the decoder shrink, and by how much
//	encode             the only place that encodes
package vips
