package delivery

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// readSprite takes the transformation for part of the name: it was applied to each picture before they were laid out, and is
// not applied to the sheet.
func (r *route) readSprite() {
	r.classPrefix = r.plan.Output.ClassPrefix
	r.sheet = r.address.PublicID[strings.LastIndexByte(r.address.PublicID, '/')+1:]
	sheet := *r.address
	sheet.PublicID, sheet.Source = wire.SpriteID(sheet.PublicID, r.plan), ""
	sheet.AlternateID = ""
	r.address, r.plan = &sheet, &transform.Plan{}
}

// spriteSheet describes where the pictures of a sprite lie: as classes for browsers, or as JSON.
func spriteSheet(route *route, found *found) (*representation, error) {
	asset := found.asset
	type place struct {
		Width  int `json:"width"`
		Height int `json:"height"`
		X      int `json:"x"`
		Y      int `json:"y"`
	}
	places := map[string]place{}
	for name, corners := range asset.Regions {
		if len(corners) == 2 {
			places[name] = place{corners[1][0] - corners[0][0], corners[1][1] - corners[0][1], corners[0][0], corners[0][1]}
		}
	}
	if found.ext == formatJSON {
		body, err := json.Marshal(places)
		if err != nil {
			return nil, problem.Failed(err)
		}
		return data(body, asset.UpdatedAt, route.caching(found, true)), nil
	}
	// The picture is beside the style sheet.
	image := url.PathEscape(route.sheet) + "." + asset.Format
	var sheet strings.Builder
	for _, name := range slices.Sorted(maps.Keys(places)) {
		p := places[name]
		fmt.Fprintf(&sheet, ".%s%s {background: url('%s') no-repeat -%dpx -%dpx; width: %dpx; height: %dpx;}\n", route.classPrefix, name, image, p.X, p.Y, p.Width, p.Height)
	}
	file := data([]byte(sheet.String()), asset.UpdatedAt, route.caching(found, true))
	for i, f := range file.headers {
		if f.name == "Content-Type" {
			file.headers[i].values = []string{contentTypes["css"]}
		}
	}
	return file, nil
}
