package vips

import (
	"encoding/binary"
	"fmt"
	"strings"

	govips "github.com/davidbyttow/govips/v2/vips"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// inCMYK says that the picture is to be written in four colours.
func (j *job) inCMYK(target *format) bool {
	switch j.colors {
	case "cmyk":
		return true
	case "keep_cmyk":
		return j.source.color == govips.InterpretationCMYK && target.cmyk
	}
	return false
}

// ink converts an sRGB picture to the colours that cs_ asks for, in place.
func (j *job) ink(image *govips.ImageRef, target *format, e *encoding) error {
	switch {
	case j.colors == "srgb:truecolor" && j.output.Quality.Auto != "":
		return problem.BadRequest("cs_srgb:truecolor cannot be used with q_auto")
	case strings.HasPrefix(j.colors, profilePrefix):
		e.own = true
		return j.toProfile(image, target, strings.ReplaceAll(strings.TrimPrefix(j.colors, profilePrefix), ":", "/"))
	case j.inCMYK(target):
		if !target.cmyk {
			return problem.BadRequest("Color space cmyk is not available for %s", target.name)
		}
		if err := image.TransformICCProfileWithFallback(profileCMYK, profileSRGB); err != nil {
			return fmt.Errorf("convert to CMYK: %w", err)
		}
		e.own = j.delivers("force_icc")
	case j.colors == "tinysrgb", j.delivers("force_icc"):
		setBlob(image, fieldICC, tinyProfile())
		e.own = true
	}
	return nil
}

// toProfile converts an sRGB picture to the colours of a profile that is an asset, and embeds it.
func (j *job) toProfile(image *govips.ImageRef, target *format, id string) error {
	profile, err := j.program(id)
	if err != nil {
		return err
	}
	defer profile.close()
	space, ok := profileSpace(profile.bytes)
	switch {
	case !ok:
		return problem.BadRequest("Invalid color profile - %s", id)
	case space == "CMYK" && !target.cmyk:
		return problem.BadRequest("Color space cmyk is not available for %s", target.name)
	}
	// The library takes profiles by name only.
	file, err := engine.NewFile(profile.bytes)
	if err != nil {
		return problem.Failed(err)
	}
	defer func() { _ = file.Close() }()
	if err := image.TransformICCProfileWithFallback(fmt.Sprintf("/proc/self/fd/%d", file.Fd()), profileSRGB); err != nil {
		return problem.BadRequest("Invalid color profile - %s", id).Because(bare(err))
	}
	setBlob(image, fieldICC, profile.bytes)
	return materialise(image) // the profile is gone then
}

// profileSpace is the colour space of an ICC profile of version 2 or 4 (ICC.1, 7.2): RGB, GRAY or CMYK.
func profileSpace(profile []byte) (string, bool) {
	const header = 128
	if len(profile) < header || string(profile[36:40]) != "acsp" {
		return "", false
	}
	space := strings.TrimSpace(string(profile[16:20]))
	return space, space == "RGB" || space == "GRAY" || space == "CMYK"
}

// tinyProfile is an sRGB profile of a few hundred bytes: version 4 of ICC.1, with the one curve of sRGB by its formula.
func tinyProfile() []byte {
	fixed := func(v float64) []byte { return binary.BigEndian.AppendUint32(nil, uint32(int32(v*65536+half))) }
	xyz := func(x, y, z float64) []byte {
		return append(append(append([]byte("XYZ \x00\x00\x00\x00"), fixed(x)...), fixed(y)...), fixed(z)...)
	}
	text := func(s string) []byte {
		b := append([]byte("mluc\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x0cenUS"), 0, 0, 0, byte(2*len(s)), 0, 0, 0, 28)
		for i := range len(s) {
			b = append(b, 0, s[i])
		}
		return append(b, make([]byte, (4-len(b)%4)%4)...)
	}
	curve := []byte("para\x00\x00\x00\x00\x00\x03\x00\x00")
	for _, v := range []float64{2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045} {
		curve = append(curve, fixed(v)...)
	}
	parts := []struct {
		names []string
		data  []byte
	}{
		{[]string{"desc"}, text("c2")},
		{[]string{"cprt"}, text("CC0")},
		{[]string{"wtpt"}, xyz(0.9642, 1, 0.8249)},
		{[]string{"rXYZ"}, xyz(0.43607, 0.22249, 0.01392)},
		{[]string{"gXYZ"}, xyz(0.38515, 0.71687, 0.09708)},
		{[]string{"bXYZ"}, xyz(0.14307, 0.06061, 0.7141)},
		{[]string{"rTRC", "gTRC", "bTRC"}, curve},
	}
	const header, entries = 128, 9
	table := binary.BigEndian.AppendUint32(nil, entries)
	var body []byte
	for _, part := range parts {
		for _, name := range part.names {
			table = append(table, name...)
			table = binary.BigEndian.AppendUint32(table, uint32(header+4+12*entries+len(body)))
			table = binary.BigEndian.AppendUint32(table, uint32(len(part.data)))
		}
		body = append(body, part.data...)
	}
	profile := make([]byte, header, header+len(table)+len(body))
	binary.BigEndian.PutUint32(profile, uint32(cap(profile)))
	copy(profile[8:], "\x04\x20\x00\x00mntrRGB XYZ ")
	copy(profile[36:], "acsp")
	copy(profile[68:], xyz(0.9642, 1, 0.8249)[8:])
	return append(append(profile, table...), body...)
}
