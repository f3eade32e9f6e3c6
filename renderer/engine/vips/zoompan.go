package vips

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// aim is what a camera looks at: a point, in shares of the picture, and how much closer than all of it.
type aim struct{ x, y, zoom float64 }

// journey is e_zoompan in numbers.
type journey struct {
	from, to aim
	// seconds is how long it takes, rate how many frames a second has.
	seconds, rate float64
}

// zoomModes say where the camera begins and ends: "in" is at the largest zoom, the rest at all of the picture. Panning
// stays close.
var zoomModes = map[string]struct{ from, to string }{
	"ztc": {"", "in center"}, "ztl": {"", "in north_west"}, "ztr": {"", "in north_east"},
	"ofc": {"in center", ""}, "ofl": {"in north_west", ""}, "ofr": {"in north_east", ""},
	"plr": {"in west", "in east"}, "prl": {"in east", "in west"},
}

// zoomPan shows what the camera sees at the time of the frame; of a picture that is not made an animation, at the begin.
func zoomPan(s *stage, args arguments) error {
	j, err := s.journey(args)
	if err != nil {
		return err
	}
	return s.picture.seen(j.at(s.job.panned))
}

// journey reads the arguments.
func (s *stage) journey(args arguments) (*journey, error) {
	j := &journey{}
	numbers := map[string]float64{}
	for _, name := range []string{"maxzoom", "du", "fps"} {
		var err error
		if numbers[name], err = args.number(name); err != nil {
			return nil, err
		}
	}
	j.seconds, j.rate = numbers["du"], numbers["fps"]
	mode, ok := zoomModes[args.values["mode"]]
	if !ok {
		mode = zoomModes["ztc"]
	}
	for _, end := range []struct {
		to            *aim
		mode, written string
	}{{&j.from, mode.from, args.values["from"]}, {&j.to, mode.to, args.values["to"]}} {
		*end.to = aim{0.5, 0.5, 1}
		if side, in := strings.CutPrefix(end.mode, "in "); in {
			hx, vy, _ := compass(side)
			*end.to = aim{0.5 + float64(hx)/2, 0.5 + float64(vy)/2, numbers["maxzoom"]}
		}
		if err := s.readFocus(end.to, end.written); err != nil {
			return nil, err
		}
	}
	return j, nil
}

// readFocus reads (g_<gravity>;zoom_<n>;x_<share>;y_<share>), each of which may be left out.
func (s *stage) readFocus(f *aim, text string) error {
	text = strings.TrimSuffix(strings.TrimPrefix(text, "("), ")")
	if text == "" {
		return nil
	}
	wrong := problem.BadRequest("Invalid effect - zoompan: (%s)", text)
	for part := range strings.SplitSeq(text, ";") {
		key, value, _ := strings.Cut(part, "_")
		if key == "g" {
			if err := s.readFocusGravity(f, value); err != nil {
				return err
			}
			continue
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil || math.IsNaN(v) {
			return wrong
		}
		switch {
		case key == "zoom" && v >= 1 && v <= 8:
			f.zoom = v
		case key == "x" && v >= 0 && v <= 1:
			f.x = v
		case key == "y" && v >= 0 && v <= 1:
			f.y = v
		default:
			return wrong
		}
	}
	return nil
}

// readFocusGravity is a point by the compass, the largest face, or what stands out.
func (s *stage) readFocusGravity(f *aim, gravity string) error {
	if hx, vy, ok := compass(gravity); ok {
		f.x, f.y = 0.5+float64(hx)/2, 0.5+float64(vy)/2
		return nil
	}
	if !slices.Contains([]string{"auto", "face", "faces"}, gravity) {
		return problem.BadRequest("Invalid effect - zoompan: g_%s", gravity)
	}
	faces, err := s.facesNow()
	if err != nil {
		return err
	}
	var at rect
	found := len(faces) > 0
	if found {
		at = largest(faces)
	} else if gravity == "auto" {
		if at, found, err = s.salientBox(); err != nil {
			return err
		}
	}
	if found {
		x, y := at.center()
		f.x, f.y = x/float64(s.picture.size().w), y/float64(s.picture.size().h)
	}
	return nil
}

// at is where the camera is at a share of its way. Each step of a zoom multiplies by the same factor, so that it looks
// even; the camera never sees beyond the picture.
func (j *journey) at(share float64) aim {
	from, to := j.from.inside(), j.to.inside()
	zoom := from.zoom * math.Pow(to.zoom/from.zoom, share)
	return aim{between(from.x, to.x, share), between(from.y, to.y, share), zoom}.inside()
}

// inside moves the point so that all that is seen lies on the picture.
func (f aim) inside() aim {
	margin := 0.5 / f.zoom
	return aim{min(max(f.x, margin), 1-margin), min(max(f.y, margin), 1-margin), f.zoom}
}

// seen cuts what a camera sees out of a picture, as large as that.
func (p *picture) seen(f aim) error {
	of := p.size()
	if f.zoom == 1 {
		return nil
	}
	w, h := clamp(round(float64(of.w)/f.zoom), 1, of.w), clamp(round(float64(of.h)/f.zoom), 1, of.h)
	at := rect{clamp(round(f.x*float64(of.w)-float64(w)/2), 0, of.w-w), clamp(round(f.y*float64(of.h)-float64(h)/2), 0, of.h-h), w, h}
	fx, fy := float64(of.w)/float64(w), float64(of.h)/float64(h)
	p.track = p.track.moved(float64(-at.x), float64(-at.y)).scaled(fx, fy)
	p.inMemory = false
	return firstError(p.cut(at), func() error { return p.scale(of) })
}

// camera is the component that makes the animation of a picture, -1 when none does.
func (j *job) camera() int {
	return slices.IndexFunc(j.request.Plan.Components, func(c transform.Component) bool {
		return c.Effect != nil && c.Effect.Name == "zoompan" && c.If == nil
	})
}

// travels says that a picture is to be written as an animation of what a camera sees.
func (j *job) travels(target *format) bool {
	if target.sequence == nil || j.source.animated() || j.camera() < 0 {
		return false
	}
	return target.name != "png" || j.delivers("apng") || j.delivers("animated")
}

// travel makes the frames and writes them. What comes before the camera is done once.
func (j *job) travel(target *format) (*encoded, error) {
	components, at := j.request.Plan.Components, j.camera()
	base, err := open(j.source, j.source.page)
	if err != nil {
		return nil, invalid(err)
	}
	j.keep(base)
	f := &frame{source: &j.request.Source, from: j.source}
	if base, err = j.chain(components[:at], base, f); err != nil {
		return nil, err
	}
	if err := firstError(base.settle(), base.hold); err != nil {
		return nil, err
	}
	effect, err := components[at].Effect.Resolve(j.variables)
	if err != nil {
		return nil, err
	}
	way, err := (&stage{job: j, frame: f, component: &components[at], picture: base}).journey(arguments{effect.Name, effect.Arguments(), effect.Args})
	if err != nil {
		return nil, err
	}
	j.moving = true
	t := &timeline{loop: 0}
	count := max(1, round(way.seconds*way.rate))
	for i := range count {
		// Delays are whole ticks; their sum is not off by more than one.
		start, end := round(float64(i)*1000/way.rate/tick), round(float64(i+1)*1000/way.rate/tick)
		t.shots = append(t.shots, shot{i, max(1, end-start) * tick, 1})
	}
	shoot := func(number int) (*picture, error) {
		j.panned = float64(number) / float64(max(1, count-1))
		p, err := base.copy()
		if err != nil {
			return nil, err
		}
		j.keep(p)
		p, err = j.chain(components[at:], p, f)
		if err != nil {
			return nil, err
		}
		return p, p.settle()
	}
	first, err := shoot(0)
	if err != nil {
		return nil, err
	}
	if err := j.retime(t); err != nil {
		return nil, err
	}
	j.timed = true
	made, err := j.roll(first, target, len(t.shots))
	if err != nil {
		return nil, err
	}
	j.rolls = append(j.rolls, made.pixels)
	length := int(made.frame.pixels()) * made.bands
	for i, s := range t.shots {
		mark := len(j.images)
		p, err := shoot(s.frame)
		if err != nil {
			return nil, err
		}
		if err := j.develop(p, made, target); err != nil {
			return nil, err
		}
		pixels, err := p.lit(s.light)
		if err != nil {
			return nil, err
		}
		copy(made.pixels[i*length:(i+1)*length], pixels)
		p.Close()
		j.release(mark)
	}
	return j.project(made, t, target)
}

// project writes an animation.
func (j *job) project(made *roll, t *timeline, target *format) (*encoded, error) {
	image, err := fromMemory(made.pixels, size{made.frame.w, made.frame.h * len(t.shots)}, made.bands)
	if err != nil {
		return nil, err
	}
	j.keep(image)
	setInt(image, fieldPageHeight, made.frame.h)
	setInt(image, fieldPages, len(t.shots))
	setInts(image, fieldDelay, t.delays())
	setInt(image, fieldLoop, t.loop)
	wanted, err := j.encoding(target, image)
	if err != nil {
		return nil, err
	}
	wanted.timeline, wanted.frame = t, made.frame
	bytes, err := target.sequence(image, wanted)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", target.name, err)
	}
	return &encoded{bytes: bytes, format: target.name, size: made.frame, pages: len(t.shots)}, nil
}
