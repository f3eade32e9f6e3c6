package video

import (
	"os"

	"github.com/darkroom-media/darkroom/renderer/engine"
)

// demuxers are ffmpeg's names for what reads a format; none of them opens another file.
var demuxers = map[string]string{
	"mp4": "mov", "mov": "mov", "m4a": "mov", "3gp": "mov", "webm": "matroska", "mkv": "matroska", "avi": "avi", "wav": "wav", "aiff": "aiff",
	"flv": "flv", "ogg": "ogg", "flac": "flac", "amr": "amr", "wmv": "asf", "mxf": "mxf", "mpeg": "mpeg", "mp3": "mp3", "aac": "aac",
	"ts": "mpegts", "m2ts": "mpegts",
}

// identify gives the format of a file by its first bytes, and the demuxer that reads it; both are empty for what is neither moving
// pictures nor sound.
func identify(file *os.File) (format, demuxer string) {
	head := make([]byte, engine.VideoHead)
	n, _ := file.ReadAt(head, 0) // A file that cannot be read has no format.
	format, _ = engine.VideoFormat(head[:n])
	demuxer = demuxers[format]
	// MPEG pictures without the system stream around them.
	if format == "mpeg" && head[3] == 0xb3 {
		demuxer = "mpegvideo"
	}
	return format, demuxer
}

// reading are the arguments that open a file of the job.
func reading(demuxer string, index int) []string {
	return []string{"-protocol_whitelist", "file", "-format_whitelist", demuxer, "-f", demuxer, "-i", "file:" + engine.Launched(index)}
}
