package vips

import (
	"bytes"
	"encoding/binary"
	"fmt"

	govips "github.com/davidbyttow/govips/v2/vips"
)

// Names of the profiles that libvips carries.
const (
	profileSRGB = "srgb"
	profileCMYK = "cmyk"
)

// toSRGB converts an image to sRGB of 8 bits per channel: through its profile when it has one that says something else.
func toSRGB(image *govips.ImageRef, profile []byte) error {
	if err := throughProfile(image, profile); err != nil {
		return err
	}
	if image.Interpretation() != govips.InterpretationSRGB || image.Bands() < 3 {
		if err := image.ToColorSpace(govips.InterpretationSRGB); err != nil {
			return fmt.Errorf("convert to sRGB: %w", err)
		}
	}
	if image.BandFormat() != govips.BandFormatUchar {
		if err := image.Cast(govips.BandFormatUchar); err != nil {
			return fmt.Errorf("convert to 8 bits: %w", err)
		}
	}
	if extra := image.Bands(); extra > 4 {
		if err := image.ExtractBand(0, 4); err != nil {
			return fmt.Errorf("drop extra channels: %w", err)
		}
	}
	return nil
}

func throughProfile(image *govips.ImageRef, profile []byte) error {
	cmyk := image.Interpretation() == govips.InterpretationCMYK
	if !cmyk && (len(profile) == 0 || isSRGB(profile)) {
		return nil
	}
	assumed := profileSRGB
	if cmyk {
		assumed = profileCMYK
	}
	err := image.TransformICCProfileWithFallback(profileSRGB, assumed)
	if err != nil && cmyk {
		return fmt.Errorf("convert from CMYK: %w", err)
	}
	// A broken or unfitting profile of an RGB or grey picture is ignored, as browsers do.
	return nil
}

// isSRGB recognises the usual profiles that describe sRGB by curves and a matrix; converting from them changes nothing.
func isSRGB(profile []byte) bool {
	if len(profile) < 132 || string(profile[16:20]) != "RGB " {
		return false
	}
	return !hasTag(profile, "A2B0") && bytes.Contains(description(profile), []byte("sRGB IEC61966-2"))
}

// description is the raw description tag of an ICC profile, with the zero bytes of UTF-16 taken out.
func description(profile []byte) []byte {
	offset, length, ok := tag(profile, "desc")
	if !ok {
		return nil
	}
	return bytes.ReplaceAll(profile[offset:offset+length], []byte{0}, nil)
}

func hasTag(profile []byte, name string) bool {
	_, _, ok := tag(profile, name)
	return ok
}

// tag finds a tag of an ICC profile: a table of 12-byte entries follows the 128-byte header and a count.
func tag(profile []byte, name string) (offset, length int, ok bool) {
	const table = 132
	count := int(binary.BigEndian.Uint32(profile[128:132]))
	for i := range min(count, (len(profile)-table)/12) {
		entry := profile[table+12*i:]
		if string(entry[:4]) != name {
			continue
		}
		offset, length = int(binary.BigEndian.Uint32(entry[4:8])), int(binary.BigEndian.Uint32(entry[8:12]))
		if offset+length > len(profile) {
			return 0, 0, false
		}
		return offset, length, true
	}
	return 0, 0, false
}
