package upload

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// manifest says what a slideshow is made of.
type manifest struct {
	// width and height are those of the video, rate its frames per second.
	width, height, rate int
	// seconds is how long it is; 0 is as long as its slides take.
	seconds float64
	slides  []manifestSlide
}

// manifestSlide is a picture or a video of the environment, or one at a URL, and how it is shown. Whether there is a video at a URL is
// seen when it is fetched.
type manifestSlide struct {
	publicID, url string
	shown         engine.Slide
}

// Bounds of a slideshow, and what is taken where a manifest says nothing: 30 frames per second, 3 seconds for a slide and one to fade
// to the next, as Cloudinary's guide has it.
const (
	maxSlideshowSide    = 4096
	maxSlideshowRate    = 60
	maxSlideshowSeconds = 600
	usualRate           = 30
	usualStill          = 3000
	usualTransition     = 1000
	usualTransitionName = "fade"
)

// parseManifest reads a manifest in the form of a transformation, "fn_render:w_…;h_…;du_…;fps_…;vars_(sdur_…;tdur_…;transition_s:…;
// slides_((media_i:…);(media_s64:…)))", or as the same in JSON.
func parseManifest(transformation, text string) (*manifest, error) {
	var tree map[string]any
	switch {
	case (transformation == "") == (text == ""):
		return nil, problem.BadRequest("Missing required parameter - either manifest_transformation or manifest_json")
	case text != "":
		if err := json.Unmarshal([]byte(text), &tree); err != nil {
			return nil, problem.BadRequest("Invalid manifest_json: it is no JSON object")
		}
	default:
		source, ok := strings.CutPrefix(transformation, "fn_render:")
		if !ok {
			return nil, problem.BadRequest("Invalid manifest_transformation - %s: it must be fn_render:…", printable(transformation))
		}
		var err error
		if tree, err = manifestObject(source, 0); err != nil {
			return nil, err
		}
	}
	m := &manifest{}
	r := &manifestReader{}
	m.width, m.height = int(r.number(tree, "w", 2, maxSlideshowSide, nil)), int(r.number(tree, "h", 2, maxSlideshowSide, nil))
	m.rate = int(math.Round(r.number(tree, "fps", 1, maxSlideshowRate, usualRate)))
	m.seconds = r.number(tree, "du", 0, maxSlideshowSeconds, 0.0)
	vars, ok := tree["vars"].(map[string]any)
	slides, listed := vars["slides"].([]any)
	if r.err == nil && (!ok || !listed || len(slides) == 0) {
		r.err = problem.BadRequest("Invalid manifest: it has no slides")
	}
	if len(slides) > engine.MaxSlides {
		return nil, problem.BadRequest("Too many slides. Got %d. Maximum is %d.", len(slides), engine.MaxSlides)
	}
	usual := r.slide(vars, engine.Slide{Seconds: usualStill / 1000, Transition: usualTransitionName, TransitionSeconds: usualTransition / 1000})
	total, videos := 0.0, 0
	for _, entry := range slides {
		one, ok := entry.(map[string]any)
		if !ok && r.err == nil {
			r.err = problem.BadRequest("Invalid manifest: a slide is (media_…)")
		}
		slide := manifestSlide{shown: r.slide(one, usual)}
		media, _ := one["media"].(string)
		r.media(media, &slide)
		m.slides = append(m.slides, slide)
		if slide.shown.Video {
			videos++
		}
		total += slide.shown.Seconds + slide.shown.TransitionSeconds
	}
	if r.err == nil && videos > engine.MaxVideoSlides {
		r.err = tooManyVideos(videos)
	}
	if r.err == nil && m.seconds == 0 && total > maxSlideshowSeconds {
		r.err = problem.BadRequest("The slideshow is too long. Got %.0f seconds. Maximum is %d.", total, maxSlideshowSeconds)
	}
	return m, r.err
}

func tooManyVideos(got int) error {
	return problem.BadRequest("Too many videos as slides. Got %d. Maximum is %d.", got, engine.MaxVideoSlides)
}

// maxNesting bounds the parentheses of a manifest.
const maxNesting = 8

// manifestObject reads "key_value;key_(…)". The kind of a text may be before its colon: "media_i:id" is the value "i:id" of media.
func manifestObject(text string, depth int) (map[string]any, error) {
	object := map[string]any{}
	pieces, err := manifestPieces(text, depth)
	if err != nil {
		return nil, err
	}
	for _, piece := range pieces {
		key, value, ok := strings.Cut(piece, "_")
		if !ok {
			return nil, problem.BadRequest("Invalid manifest: %s is no key_value", printable(piece))
		}
		inside, nested := strings.CutPrefix(value, "(")
		inside, closed := strings.CutSuffix(inside, ")")
		switch {
		case !nested || !closed:
			object[key] = value
		case strings.HasPrefix(inside, "("):
			entries, err := manifestPieces(inside, depth+1)
			if err != nil {
				return nil, err
			}
			list := make([]any, len(entries))
			for i, entry := range entries {
				entry = strings.TrimSuffix(strings.TrimPrefix(entry, "("), ")")
				if list[i], err = manifestObject(entry, depth+2); err != nil {
					return nil, err
				}
			}
			object[key] = list
		default:
			if object[key], err = manifestObject(inside, depth+1); err != nil {
				return nil, err
			}
		}
	}
	return object, nil
}

// manifestPieces splits at the semicolons that are in no parentheses.
func manifestPieces(text string, depth int) ([]string, error) {
	if depth > maxNesting {
		return nil, problem.BadRequest("Invalid manifest: too many parentheses")
	}
	var pieces []string
	start, open := 0, 0
	for i, c := range text {
		switch c {
		case '(':
			open++
		case ')':
			open--
		case ';':
			if open == 0 {
				pieces, start = append(pieces, text[start:i]), i+1
			}
		}
		if open < 0 {
			break
		}
	}
	if open != 0 {
		return nil, problem.BadRequest("Invalid manifest: its parentheses do not match")
	}
	return append(pieces, text[start:]), nil
}

// manifestReader reads values and keeps the first problem.
type manifestReader struct{ err error }

// number reads a number, which texts hold, too. A nil fallback says that it must be there.
func (r *manifestReader) number(object map[string]any, name string, low, high float64, fallback any) float64 {
	value, given := object[name]
	if !given {
		if known, ok := fallback.(float64); ok {
			return known
		}
		if known, ok := fallback.(int); ok {
			return float64(known)
		}
		r.refuse("Invalid manifest: %s is missing", name)
		return 0
	}
	n, ok := value.(float64)
	if text, isText := value.(string); isText {
		var err error
		n, err = strconv.ParseFloat(text, 64)
		ok = err == nil
	}
	if !ok || math.IsNaN(n) || n < low || n > high {
		r.refuse("Invalid manifest: %s must be from %g to %g", name, low, high)
		return 0
	}
	return n
}

func (r *manifestReader) refuse(format string, values ...any) {
	if r.err == nil {
		r.err = problem.BadRequest(format, values...)
	}
}

// slide reads how a slide is shown, or how all are: sdur and tdur are milliseconds.
func (r *manifestReader) slide(object map[string]any, usual engine.Slide) engine.Slide {
	shown := engine.Slide{
		Seconds:           r.number(object, "sdur", 0, maxSlideshowSeconds*1000, usual.Seconds*1000) / 1000,
		TransitionSeconds: r.number(object, "tdur", 0, maxSlideshowSeconds*1000, usual.TransitionSeconds*1000) / 1000,
		Transition:        usual.Transition,
	}
	if given, ok := object["transition"].(string); ok {
		shown.Transition = strings.ToLower(strings.TrimPrefix(given, "s:"))
		if !slices.Contains(engine.Transitions, shown.Transition) {
			r.refuse("Invalid manifest: there is no transition %s", printable(given))
		}
	}
	return shown
}

// media reads what a slide shows: "i:<public ID>" of an image, with colons for slashes, "v:<public ID>" of a video, or "s64:<base64 of
// a URL>".
func (r *manifestReader) media(text string, slide *manifestSlide) {
	kind, value, _ := strings.Cut(text, ":")
	switch {
	case value == "":
		r.refuse("Invalid manifest: a slide has no media")
	case kind == "i", kind == "v":
		slide.publicID, slide.shown.Video = strings.ReplaceAll(value, ":", "/"), kind == "v"
	case kind == "s64":
		encoding := base64.RawURLEncoding
		if strings.ContainsAny(value, "+/") {
			encoding = base64.RawStdEncoding
		}
		url, err := encoding.DecodeString(strings.TrimRight(value, "="))
		if err != nil {
			r.refuse("Invalid manifest: %s is no base64", printable(value))
		}
		slide.url = string(url)
	default:
		r.refuse("Invalid manifest: media is i:<public ID>, v:<public ID> or s64:<base64 of a URL>, not %s", printable(text))
	}
}
