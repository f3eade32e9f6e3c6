package upload

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/notify"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

const (
	// typeSprite is the delivery type of sprites: sheets of images, each of which is a named region.
	typeSprite = "sprite"
	// spriteColumn is how high a column of a sheet may get, in pixels, before the next one begins.
	spriteColumn = 8192
)

// sprite lays the images with a tag, or those at URLs, onto one sheet. Where each of them is becomes a region of the asset, of
// which delivery writes the style sheet.
func (h *Handler) sprite(w http.ResponseWriter, r *http.Request, route route, snapshot *catalog.Snapshot) (wire.Object, error) {
	return h.assembled(w, r, route, snapshot, h.makeSprite)
}

func (h *Handler) makeSprite(ctx context.Context, c *call) (*made, error) {
	format := canonical(c.params.String("format"))
	switch format {
	case "":
		format = "png"
	case "png", "jpg", "webp", "gif", "avif":
	default:
		return nil, problem.BadRequest("Invalid extension in format: %s", printable(format))
	}
	transformation := c.params.String("transformation")
	plan, err := transform.Parse(transformation, named(c.snapshot))
	if err != nil {
		return nil, err
	}
	applied := transformation
	if wire.SpriteID("", plan) == "" { // It says nothing about the pictures.
		applied = ""
	}
	pictures, err := h.gather(ctx, c, applied)
	if err != nil {
		return nil, err
	}
	defer pictures.close(ctx)
	publicID, err := pictures.publicID()
	if err != nil {
		return nil, err
	}
	sheet := layOut(pictures.pictures)
	result, err := h.drawSheet(ctx, sheet, pictures, format)
	if err != nil {
		return nil, err
	}
	return &made{
		result: result, deliveryType: typeSprite, publicID: wire.SpriteID(publicID, plan), event: notify.Sprite, regions: sheet.regions(),
		fields: func(asset *library.Asset, links wire.Links) wire.Object {
			infos := wire.Object{}
			for _, cell := range sheet.cells {
				infos[cell.name] = wire.Object{"x": cell.x, "y": cell.y, "width": cell.width, "height": cell.height}
			}
			answer := wire.Object{"public_id": publicID, "version": asset.Version, "image_infos": infos}
			shown := *asset
			shown.PublicID = publicID
			for kind, extension := range map[string]string{"image": format, "css": "css", "json": "json"} {
				answer[kind+"_url"], answer["secure_"+kind+"_url"] = links.Derived(&shown, transformation, extension)
			}
			return answer
		},
	}, nil
}

// sheet is where the pictures of a sprite lie.
type sheet struct {
	width, height int
	cells         []cell
}

// cell is the place of a picture on a sheet.
type cell struct {
	name                string
	x, y, width, height int
}

// layOut places pictures below each other, in columns.
func layOut(pictures []gatheredPicture) *sheet {
	s := &sheet{}
	x, y, column := 0, 0, 0
	taken := map[string]bool{}
	for _, picture := range pictures {
		if y > 0 && y+picture.height > spriteColumn {
			x, y, column = x+column, 0, 0
		}
		name := className(picture.name)
		for n := 2; taken[name]; n++ {
			name = fmt.Sprintf("%s_%d", className(picture.name), n)
		}
		taken[name] = true
		s.cells = append(s.cells, cell{name, x, y, picture.width, picture.height})
		y += picture.height
		column = max(column, picture.width)
		s.width, s.height = max(s.width, x+column), max(s.height, y)
	}
	return s
}

// className makes a name for style sheets of a public ID.
func className(id string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '_':
			return r
		}
		return '_'
	}, id)
}

// regions are the cells as corners.
func (s *sheet) regions() map[string][][2]int {
	regions := make(map[string][][2]int, len(s.cells))
	for _, c := range s.cells {
		regions[c.name] = [][2]int{{c.x, c.y}, {c.x + c.width, c.y + c.height}}
	}
	return regions
}

// drawSheet renders a transparent canvas with the pictures as layers.
func (h *Handler) drawSheet(ctx context.Context, s *sheet, pictures *gathered, format string) (*engine.RenderResult, error) {
	components := []string{fmt.Sprintf("b_transparent,c_lpad,h_%d,w_%d", s.height, s.width)}
	layers := map[string]engine.Source{}
	for i, c := range s.cells {
		id := fmt.Sprintf("cell%d", i)
		components = append(components, "l_"+id, fmt.Sprintf("fl_layer_apply,g_north_west,x_%d,y_%d", c.x, c.y))
		layers[id] = engine.Source{File: pictures.pictures[i].file}
	}
	plan, err := transform.Parse(strings.Join(components, "/"), nil)
	if err != nil {
		return nil, problem.Failed(err)
	}
	sources := map[string]engine.Source{}
	plan.VisitLayers(func(layer *transform.Layer) { sources[engine.LayerKey(layer)] = layers[layer.ID] })
	base, err := transparentPixel()
	if err != nil {
		return nil, problem.Failed(err)
	}
	defer closing(base)
	return h.engine.Render(ctx, &engine.RenderRequest{
		Plan: *plan, Source: engine.Source{File: base}, Layers: sources, Format: format, Limits: pictures.limits(),
	})
}
