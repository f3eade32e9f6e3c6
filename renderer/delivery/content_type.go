package delivery

import "github.com/darkroom-media/darkroom/renderer/library"

// contentTypes are the media types by canonical format or file extension. A table of our own: the system's differs
// from machine to machine.
var contentTypes = map[string]string{
	"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "avif": "image/avif", "gif": "image/gif",
	"jxl": "image/jxl", "svg": "image/svg+xml", "tif": "image/tiff", "tiff": "image/tiff", "jp2": "image/jp2",
	"ico": "image/x-icon", "bmp": "image/bmp", "tga": "image/x-tga", "heic": "image/heic", "heif": "image/heif", "psd": "image/vnd.adobe.photoshop",
	"dng": "image/x-adobe-dng", "nef": "image/x-nikon-nef", "arw": "image/x-sony-arw", "cr2": "image/x-canon-cr2", "cr3": "image/x-canon-cr3",
	"psb": "image/vnd.adobe.photoshop", "indd": "application/x-indesign",
	"jpeg": "image/jpeg", "pdf": "application/pdf",
	"mp4": "video/mp4", "webm": "video/webm", "ogv": "video/ogg", "mov": "video/quicktime", "mkv": "video/x-matroska",
	"avi": "video/x-msvideo", "ts": "video/MP2T", "m3u8": "application/x-mpegURL", "mpd": "application/dash+xml",
	"mp3": "audio/mpeg", "aac": "audio/aac", "m4a": "audio/mp4", "ogg": "audio/ogg", "opus": "audio/ogg",
	"wav": "audio/wav", "flac": "audio/flac",
	"vtt": "text/vtt", "srt": "application/x-subrip", "json": "application/json", "xml": "application/xml",
	"txt": "text/plain; charset=utf-8", "csv": "text/csv; charset=utf-8", "md": "text/markdown; charset=utf-8",
	"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "mjs": "text/javascript; charset=utf-8",
	"html": "text/html; charset=utf-8", "htm": "text/html; charset=utf-8", "xhtml": "application/xhtml+xml",
	"zip": "application/zip", "gz": "application/gzip", "tar": "application/x-tar", "7z": "application/x-7z-compressed",
	"wasm": "application/wasm", "woff": "font/woff", "woff2": "font/woff2", "ttf": "font/ttf", "otf": "font/otf",
	"doc":  "application/msword",
	"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"xls":  "application/vnd.ms-excel",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"ppt":  "application/vnd.ms-powerpoint",
	"pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	"glb":  "model/gltf-binary", "gltf": "model/gltf+json",
}

// contentTypeOf is the media type of delivered bytes: by their format, of raw files by the extension of the public ID.
func contentTypeOf(asset *library.Asset, format string) string {
	if asset.ResourceType == library.Raw {
		_, format = splitExt(asset.PublicID)
	}
	if known, ok := contentTypes[format]; ok {
		return known
	}
	return "application/octet-stream"
}

// runsScripts tells whether browsers run scripts in documents of the type.
func runsScripts(contentType string) bool {
	switch contentType {
	case "image/svg+xml", "application/xml", "application/xhtml+xml", "text/html; charset=utf-8":
		return true
	}
	return false
}
