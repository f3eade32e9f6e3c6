package delivery

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

const (
	flagInfo = "getinfo"
	// formatJSON is the format of answers that are no pictures.
	formatJSON = "json"
)

// wantsInfo tells whether a plan asks for the description of the picture in its place.
func wantsInfo(plan *transform.Plan) bool { return slices.Contains(plan.Output.Flags, flagInfo) }

// withoutInfo is the plan of the picture itself.
func withoutInfo(plan *transform.Plan) *transform.Plan {
	if !wantsInfo(plan) {
		return plan
	}
	picture := *plan
	picture.Output.Flags = slices.DeleteFunc(slices.Clone(plan.Output.Flags), func(flag string) bool { return flag == flagInfo })
	return &picture
}

// The answer of fl_getinfo (delivery contract, section 13).
type (
	info struct {
		Input  infoFile    `json:"input"`
		Resize []any       `json:"resize,omitempty"`
		Auto   []rectangle `json:"g_auto_info,omitempty"`
		Output infoFile    `json:"output"`
	}
	infoFile struct {
		Format string `json:"format,omitempty"`
		Width  int    `json:"width"`
		Height int    `json:"height"`
		Bytes  int64  `json:"bytes"`
	}
	rectangle struct {
		X      int `json:"x"`
		Y      int `json:"y"`
		Width  int `json:"width"`
		Height int `json:"height"`
	}
	factors struct {
		X float64 `json:"x_factor"`
		Y float64 `json:"y_factor"`
	}
)

// describeRender writes what fl_getinfo answers: the sizes before and after, and of the first crop the rectangle of its
// input that was kept and how it was scaled.
func describeRender(request *engine.RenderRequest, result *engine.RenderResult) ([]byte, error) {
	answer := info{
		Input:  infoFile{Width: result.Input.Width, Height: result.Input.Height},
		Output: infoFile{Format: result.Format, Width: result.Width, Height: result.Height, Bytes: result.Bytes},
	}
	if stat, err := request.Source.File.Stat(); err == nil {
		answer.Input.Bytes = stat.Size()
	}
	for i, step := range result.Trace {
		if step.Crop == nil {
			continue
		}
		kept := rectangle{step.Crop[0], step.Crop[1], step.Crop[2], step.Crop[3]}
		answer.Resize = append(answer.Resize, kept)
		if kept.Width > 0 && kept.Height > 0 && (kept.Width != step.Width || kept.Height != step.Height) {
			answer.Resize = append(answer.Resize, factors{
				X: float64(step.Width) / float64(kept.Width), Y: float64(step.Height) / float64(kept.Height),
			})
		}
		// Only the first step knows where in the original it is.
		if i == 0 && strings.Contains(","+step.Component+",", ",g_auto") {
			answer.Auto = []rectangle{kept}
		}
		break
	}
	return json.Marshal(answer)
}
