package configure

import (
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// predefined is a streaming profile that every environment has.
type predefined struct {
	name, display string
	// renditions are sizes with the greatest bit rate in kbit/s, best first.
	renditions []string
}

var fullHD = []string{"1920x1080@5500", "1280x720@3300", "960x540@1500", "640x360@500", "480x270@270", "320x180@140"}

// predefinedProfiles are the ladders of the contract for videos, section 11. It leaves the rates of full_hd_wifi open: they are
// those of full_hd.
var predefinedProfiles = []predefined{
	{"4k", "4K", slices.Concat([]string{"3840x2160@18000", "2560x1440@12000"}, fullHD)},
	{"full_hd", "Full HD", fullHD},
	{"hd", "HD", fullHD[1:]},
	{"sd", "SD", []string{"640x480@800", "480x360@400", "320x240@192"}},
	{"full_hd_wifi", "Full HD WiFi", fullHD[:4]},
	{"full_hd_lean", "Full HD Lean", []string{"1920x1080@3800", "1280x720@1900", "960x540@900", "480x270@270"}},
	{"hd_lean", "HD Lean", []string{"1280x720@1900", "960x540@900", "480x270@270"}},
}

// predefinedProfile is the predefined profile of that name as an object, nil when there is none.
func predefinedProfile(name string) *v1alpha1.StreamingProfile {
	for _, profile := range predefinedProfiles {
		if profile.name == name {
			return profile.object()
		}
	}
	return nil
}

func (p predefined) object() *v1alpha1.StreamingProfile {
	profile := &v1alpha1.StreamingProfile{Spec: v1alpha1.StreamingProfileSpec{Name: p.name, DisplayName: p.display}}
	for _, rendition := range p.renditions {
		size, rate, _ := strings.Cut(rendition, "@")
		width, height, _ := strings.Cut(size, "x")
		profile.Spec.Representations = append(profile.Spec.Representations,
			v1alpha1.StreamingRepresentation{Transformation: "br_" + rate + "k,c_limit,h_" + height + ",w_" + width})
	}
	return profile
}
