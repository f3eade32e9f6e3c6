package vips

import (
	"bytes"
	"errors"

	"github.com/darkroom-media/darkroom/renderer/engine/preview"
)

// previewed are the types of which only the picture is read that they carry for display. They come before those that they
// look like.
func previewed() []format {
	var all []format
	for _, name := range []string{"dng", "nef", "arw", "cr2", "cr3", "indd"} {
		all = append(all, format{
			name:        name,
			recognise:   func(data []byte) bool { return preview.Kind(data) == name },
			loaderClass: "VipsForeignLoadJpegBuffer", loader: "jpegload_buffer",
			complains: "VipsJpeg:", maxSide: 65500,
			shrinks: shrinksByPowers,
			clean:   previewOf, turned: previewTurned,
			complete: completeJPEG,
		})
	}
	return all
}

var errNoPreview = errors.New("the file carries no picture for display")

func previewOf(data []byte) ([]byte, error) {
	found, ok := preview.Find(data)
	if !ok {
		return nil, errNoPreview
	}
	return found.JPEG, nil
}

func previewTurned(data []byte) int {
	found, _ := preview.Find(data)
	return found.Orientation
}

// unreadable names the type of a picture that this engine has no safe decoder for; empty for what is no picture either.
func unreadable(data []byte) string {
	starts := func(magic string) bool { return bytes.HasPrefix(data, []byte(magic)) }
	switch {
	case starts("%!PS") && bytes.Contains(data[:min(len(data), 64)], []byte("EPSF")), starts("\xc5\xd0\xd3\xc6"):
		return "eps"
	case starts("%!PS"):
		return "ps"
	case starts("AT&TFORM"):
		return "djvu"
	case starts("FLIF"):
		return "flif"
	case starts("II\xbc"):
		return "wdp"
	case starts("glTF"):
		return "glb"
	case starts("Kaydara FBX Binary"):
		return "fbx"
	case starts("ply\n"), starts("ply\r\n"):
		return "ply"
	}
	return ""
}
