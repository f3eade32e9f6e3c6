package vips

import (
	"fmt"
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// maxDepth is how deep layers may be nested.
const maxDepth = 8

// placeLayer renders the layer of the component and puts it over or under the picture.
func placeLayer(s *stage) (bool, error) {
	l := s.component.Layer
	if l == nil {
		return false, nil
	}
	if err := s.picture.settle(); err != nil {
		return false, err
	}
	if l.Kind == transform.LayerLUT {
		return true, s.applyTable(l)
	}
	asset, err := s.layerAsset(l)
	if err != nil {
		return false, err
	}
	var layer *picture
	if assigns(l.Components) && !perRegion(l.Components) { // where it is put may be what was assigned in it
		if layer, err = s.renderLayer(l, asset, anchor{}); err != nil {
			return false, err
		}
	}
	spots, err := s.spots(l)
	if err != nil || len(spots) == 0 {
		return false, err // no face to put it on
	}
	for _, spot := range spots {
		if layer == nil || perRegion(l.Components) {
			if layer, err = s.renderLayer(l, asset, spot); err != nil {
				return false, err
			}
		}
		if len(spots) > 1 { // it is read more than once
			if err := layer.hold(); err != nil {
				return false, err
			}
		}
		if err := s.put(l, layer, spot); err != nil {
			return false, fmt.Errorf("layer %s: %w", l.ID, err)
		}
	}
	return true, nil
}

// perRegion says that the layer is sized by the region that it is put on.
func perRegion(components []transform.Component) bool {
	return slices.ContainsFunc(components, func(c transform.Component) bool {
		return c.Resize != nil && c.Resize.RegionRelative
	})
}

// assigns says that some component sets a variable.
func assigns(components []transform.Component) bool {
	return slices.ContainsFunc(components, func(c transform.Component) bool {
		return len(c.Set) > 0 || c.Branch != nil && (assigns(c.Branch.Then) || assigns(c.Branch.Else))
	})
}

// layerAsset finds the picture of a layer among those that came with the request.
func (s *stage) layerAsset(l *transform.Layer) (*engine.Source, error) {
	key, name := engine.LayerKey(l), l.ID
	switch l.Kind {
	case transform.LayerImage, transform.LayerFetch, transform.LayerLUT:
	case transform.LayerText:
		return &engine.Source{}, nil
	case transform.LayerVariable:
		if s.buffer(l) != nil {
			return s.frame.source, nil
		}
		held, ok := s.job.variables.Strings(l.ID)
		if !ok || len(held) == 0 {
			return nil, problem.BadRequest("Invalid layer - %s is not an image", l.ID)
		}
		name = strings.ReplaceAll(strings.Join(held, "/"), ":", "/")
		if name == s.job.request.Source.PublicID && name != "" {
			return &s.job.request.Source, nil // $img_current:public_id
		}
		key = engine.LayerKey(&transform.Layer{Type: "upload", ID: name})
	default:
		return nil, problem.BadRequest("Layers of kind %s are not available for images", l.Kind)
	}
	asset, ok := s.job.request.Layers[key]
	if !ok {
		return nil, problem.NotFound("Resource not found - %s", name)
	}
	return &asset, nil
}

// renderLayer makes the layer's picture and applies the layer's own components.
func (s *stage) renderLayer(l *transform.Layer, asset *engine.Source, at anchor) (*picture, error) {
	if s.frame.depth >= maxDepth {
		return nil, problem.BadRequest("Layers are nested too deeply")
	}
	base := s.picture.size()
	f := &frame{source: asset, base: &base, depth: s.frame.depth + 1}
	if at.region != nil && !at.pointLike {
		region := at.region.size()
		f.region = &region
	}
	open := s.openLayer
	switch {
	case l.Kind == transform.LayerText:
		open = s.setText
	case s.buffer(l) != nil:
		open = s.openBuffer
	}
	p, components, err := open(l, f)
	if err != nil {
		return nil, err
	}
	p, err = s.job.chain(components, p, f)
	s.job.env.at(s.picture)
	if err != nil {
		return nil, err
	}
	return p, p.settle()
}

// buffer is the picture that the variable of a layer holds; nil when it holds none.
func (s *stage) buffer(l *transform.Layer) *picture {
	if l.Kind != transform.LayerVariable {
		return nil
	}
	return s.job.buffers[strings.TrimPrefix(l.ID, "$")]
}

// openBuffer gives the picture that the variable of a layer holds.
func (s *stage) openBuffer(l *transform.Layer, _ *frame) (*picture, []transform.Component, error) {
	p, err := s.buffer(l).copy()
	if err != nil {
		return nil, nil, err
	}
	s.job.keep(p)
	return p, l.Components, nil
}

// openLayer opens the asset of a layer.
func (s *stage) openLayer(l *transform.Layer, f *frame) (*picture, []transform.Component, error) {
	wanted, err := wishesOf(l.Components, f.source)
	if err != nil {
		return nil, nil, err
	}
	from, _, err := s.job.openAt(f.source, &wanted)
	if err != nil {
		return nil, nil, err
	}
	f.from = from
	page := from.page
	if s.job.moving && from.animated() && wanted.page == "" {
		page = s.job.frameNow(from)
	}
	p, err := open(from, page)
	if err != nil {
		return nil, nil, invalid(err)
	}
	s.job.keep(p)
	return p, l.Components, nil
}

// spots are the anchors that the layer is put at: one, or one per face.
func (s *stage) spots(l *transform.Layer) ([]anchor, error) {
	base := s.picture.size()
	a, err := s.job.anchorAt(l.Position, base)
	if err != nil {
		return nil, err
	}
	g := l.Position.Gravity
	if g == nil || a.region != nil {
		return []anchor{a}, nil
	}
	if _, _, ok := compass(g.Name); ok {
		return []anchor{a}, nil
	}
	switch g.Name {
	case "face", "faces", "adv_face", "adv_faces":
		return s.faceSpots(a, g.Name)
	case "custom":
		if r, ok := s.custom(base); ok {
			a.region = &r
		}
		return []anchor{a}, nil
	}
	return nil, problem.BadRequest("Invalid gravity - a layer cannot be placed at %s", g.Name)
}

func (s *stage) faceSpots(a anchor, name string) ([]anchor, error) {
	faces, err := s.facesNow()
	if err != nil || len(faces) == 0 {
		return nil, err
	}
	if strings.HasSuffix(name, "face") {
		faces = []rect{largest(faces)}
	}
	spots := make([]anchor, len(faces))
	for i := range faces {
		spots[i] = a
		spots[i].region = &faces[i]
	}
	return spots, nil
}

// frameNow is the frame of an animated layer at the time of the frame that is rendered: it plays along.
func (j *job) frameNow(from *source) int {
	j.layersMove = true
	frames := make([]int, from.pages)
	for i := range frames {
		frames[i] = i
	}
	return newTimeline(frames, from.delays, from.loop).frameAt(j.clock)
}
