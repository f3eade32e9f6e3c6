package transform

import "strings"

// CanonicalFormat gives the one name of a format for any of its extensions, in any case and without the dot
// ("JPEG" is "jpg"), and whether the format is known at all. Known does not mean that a deployment can read or
// write it.
func CanonicalFormat(ext string) (format string, known bool) {
	ext = strings.ToLower(ext)
	switch ext {
	case "jpeg", "jpe":
		return "jpg", true
	case "tiff":
		return "tif", true
	case "heif":
		return "heic", true
	case "eps3", "ept":
		return "eps", true
	case "jpc", "j2k":
		return "jp2", true
	case "jxr", "hdp":
		return "wdp", true
	case "mpg":
		return "mpeg", true
	case "aif":
		return "aiff", true
	case "oga":
		return "ogg", true
	case "jpg", "png", "gif", "webp", "avif", "svg", "pdf", "heic", "tif", "bmp", "ico", "psd", "psb", "ai",
		"eps", "ps", "jxl", "jp2", "wdp", "tga", "djvu", "flif", "arw", "cr2", "cr3", "dng", "nef", "indd",
		"glb", "gltf", "gltz", "usdz", "obj", "ply", "u3ma", "fbx",
		"mp4", "webm", "mov", "ogv", "mpd", "m3u8", "avi", "mkv", "flv", "wmv", "3gp", "3g2", "mpeg", "ts",
		"m2ts", "mts", "mxf", "m4v",
		"mp3", "aac", "m4a", "ogg", "opus", "wav", "flac", "aiff", "amr", "wma",
		"vtt", "srt":
		return ext, true
	}
	return ext, false
}
