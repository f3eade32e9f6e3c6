package upload

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/derive"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// typeText is the delivery type of pictures of text.
const typeText = "text"

// text makes a picture of a text and stores it with its style, which text layers can name.
func (h *Handler) text(r *http.Request, route route, snapshot *catalog.Snapshot) (wire.Object, error) {
	c, err := h.signedCall(r, route, snapshot)
	if err != nil {
		return nil, err
	}
	params, key := c.params, c.key
	style, err := parseTextStyle(params)
	if err != nil {
		return nil, err
	}
	plan, err := textPlan(params, style)
	if err != nil {
		return nil, err
	}
	who := signer(key, params)
	taken := &intake{
		handler: h, snapshot: snapshot, requestID: route.requestID, caller: who, textStyle: style,
		links: wire.Links{Environment: snapshot.Environment, Secret: who.secret},
		wanted: &settings{
			resourceType: library.Image, deliveryType: typeText, publicID: wire.CleanID(params.String("public_id")),
			uniqueFilename: true, discardFilename: true, overwrite: true,
		},
	}
	defer func() { h.discard(r.Context(), taken.object) }()
	if taken.wanted.publicID != "" {
		if err := wire.CheckID("public_id", taken.wanted.publicID); err != nil {
			return nil, err
		}
	}
	if err := taken.wanted.readAudience(h, params, snapshot); err != nil {
		return nil, err
	}
	if taken.object, err = h.setText(r.Context(), plan, taken.limits()); err != nil {
		return nil, err
	}
	stored, err := taken.finish(r.Context())
	if err != nil {
		return nil, err
	}
	return h.answer(stored, taken, who, taken.links), nil
}

// parseTextStyle reads the parameters that say how the text is set. The defaults are Arial of 12 pixels in black.
func parseTextStyle(params wire.Params) (*library.TextStyle, error) {
	or := func(name, fallback string) string {
		if value := params.String(name); value != "" {
			return value
		}
		return fallback
	}
	words := []string{or("font_family", "Arial"), or("font_size", "12")}
	for _, name := range []string{"font_weight", "font_style", "text_decoration", "text_align"} {
		value := params.String(name)
		if value == "" {
			continue
		}
		// One at a time, so that a refusal names its parameter.
		if _, err := transform.ParseTextStyle("Arial_12_" + value); err != nil || strings.Contains(value, "_") {
			return nil, problem.BadRequest("Invalid %s - %s", name, printable(value))
		}
		words = append(words, value)
	}
	for _, name := range []string{"letter_spacing", "line_spacing"} {
		value := params.String(name)
		if value == "" {
			continue
		}
		if _, err := transform.ParseTextStyle("Arial_12_" + name + "_" + value); err != nil {
			return nil, problem.BadRequest("Invalid %s - %s", name, printable(value))
		}
		words = append(words, name, value)
	}
	written := strings.Join(words, "_")
	style, err := transform.ParseTextStyle(written)
	if err != nil {
		return nil, err
	}
	if style.Template != "" || len(style.Size.Expr) > 0 {
		return nil, problem.BadRequest("Invalid font size - %s", printable(params.String("font_size")))
	}
	made := &library.TextStyle{Style: style.String()}
	for _, color := range []struct {
		name string
		to   *string
	}{{"font_color", &made.Color}, {"background", &made.Background}} {
		value := params.String(color.name)
		if value == "" || color.name == "background" && value == "transparent" {
			continue
		}
		if digits, ok := strings.CutPrefix(value, "#"); ok {
			value = "rgb:" + digits
		}
		parsed, err := transform.ParseColor(value)
		if err != nil || parsed.Variable != "" {
			return nil, problem.BadRequest("Invalid %s - %s", color.name, printable(value))
		}
		*color.to = parsed.String()
	}
	return made, nil
}

// textPlan is the transformation that makes the picture.
func textPlan(params wire.Params, style *library.TextStyle) (*transform.Plan, error) {
	text := params.String("text")
	if text == "" {
		return nil, problem.BadRequest("Missing required parameter - text")
	}
	opacity, err := params.Int("opacity", 100, 0, 100)
	if err != nil {
		return nil, err
	}
	pieces := []string{"l_text:" + twice(style.Style) + ":" + twice(text), fmt.Sprintf("o_%d", opacity)}
	if style.Color != "" {
		pieces = append(pieces, "co_"+style.Color)
	}
	if style.Background != "" {
		pieces = append(pieces, "b_"+style.Background)
	}
	return transform.Parse(strings.Join(pieces, ",")+"/fl_layer_apply", nil)
}

// twice escapes a value that is decoded twice, the dollar of a text too, so that it names no variable.
func twice(value string) string {
	escaped := strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
	return strings.ReplaceAll(escaped, "%", "%25")
}

// setText renders a plan on a base of one transparent pixel, which the text covers, and stores the picture.
func (h *Handler) setText(ctx context.Context, plan *transform.Plan, limits engine.Limits) (*object, error) {
	layers, err := derive.Stores{Library: h.library, Bucket: h.bucket}.OpenLayers(ctx, plan)
	if err != nil {
		return nil, err
	}
	defer layers.Close()
	base, err := transparentPixel()
	if err != nil {
		return nil, problem.Failed(err)
	}
	defer closing(base)
	result, err := h.engine.Render(ctx, &engine.RenderRequest{
		Plan: *plan, Source: engine.Source{File: base}, Layers: layers.Sources, Styles: layers.Styles, Format: "png", Limits: limits, StrictFonts: true,
	})
	if err != nil {
		return nil, err
	}
	defer closing(result.Output)
	return h.store(ctx, io.NewSectionReader(result.Output, 0, result.Bytes), "text.png", math.MaxInt64)
}

// transparentPixel is a PNG in memory.
func transparentPixel() (*os.File, error) {
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, image.NewNRGBA(image.Rect(0, 0, 1, 1))); err != nil {
		return nil, err
	}
	return inMemory(&encoded)
}
