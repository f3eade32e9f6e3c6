package delivery

import (
	"math"
	"net/http"
	"slices"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// outputFormat resolves the format of a derived picture: f_, then f_auto, then the extension, then what is stored.
func outputFormat(plan *transform.Plan, ext string, asset *library.Asset, header http.Header) (string, error) {
	switch {
	case plan.Output.Auto != "":
		return autoFormat(plan, asset, header), nil
	case plan.Output.Format != "":
		return knownFormat(plan.Output.Format)
	case ext != "":
		return knownFormat(ext)
	}
	return encodable(plan, asset), nil
}

// knownFormat is the canonical name of a format that a picture can be asked for in.
func knownFormat(ext string) (string, error) {
	format, known := transform.CanonicalFormat(ext)
	if !known {
		return "", problem.BadRequest("Invalid extension in transformation - %s", ext)
	}
	return format, nil
}

// autoFormat is f_auto: WebP or JPEG XL for clients that name it, otherwise what every client reads.
func autoFormat(plan *transform.Plan, asset *library.Asset, header http.Header) string {
	switch {
	case lists(header["Accept"], "image/webp"):
		return "webp"
	case asset.Pages <= 1 && lists(header["Accept"], "image/jxl"):
		return "jxl"
	case asset.Pages > 1 && (asset.Format == "gif" || asset.Format == "webp"):
		return "gif"
	case mayBeTransparent(plan, asset):
		return "png"
	}
	return "jpg"
}

// encodable is the stored format, or the nearest that can be written.
func encodable(plan *transform.Plan, asset *library.Asset) string {
	switch stored, _ := transform.CanonicalFormat(asset.Format); stored {
	case "jpg", "png", "webp", "gif", "avif", "heic", "tif", "pdf", "jxl", "jp2", "bmp", "ico", "tga":
		return stored
	case "svg":
		if len(plan.Components) == 0 { // flags alone leave a drawing what it is
			return stored
		}
	}
	if mayBeTransparent(plan, asset) {
		return "png"
	}
	return "jpg"
}

// mayBeTransparent tells whether the picture may have transparent areas: from the original, or made by a step. It may
// err towards true.
func mayBeTransparent(plan *transform.Plan, asset *library.Asset) bool {
	return asset.Alpha || slices.ContainsFunc(plan.Components, makesTransparent)
}

func makesTransparent(c transform.Component) bool {
	if c.Branch != nil {
		return slices.ContainsFunc(c.Branch.Then, makesTransparent) || slices.ContainsFunc(c.Branch.Else, makesTransparent)
	}
	switch {
	case c.Radius != nil, c.Opacity != nil, c.Function != nil, slices.Contains(c.Flags, "clip"), slices.Contains(c.Flags, "clip_evenodd"), c.Background != nil && c.Background.Transparent:
		return true
	case c.Background != nil && c.Background.Color != nil && c.Background.Color.A < 255:
		return true
	case c.Layer != nil && (c.Layer.Blend == "cut_out" || c.Layer.Blend == "mask" || slices.Contains(c.Layer.Flags, "cutter")):
		return true
	case c.Effect != nil && slices.Contains(transparentEffects[:], c.Effect.Name):
		return true
	}
	return slices.ContainsFunc(c.Rotations, func(r transform.Rotation) bool {
		return r.Degrees != nil && (len(r.Degrees.Expr) > 0 || math.Mod(r.Degrees.Value, 90) != 0)
	})
}

// transparentEffects cut holes into a picture or leave corners empty.
var transparentEffects = [...]string{"make_transparent", "background_removal", "bgremoval", "distort", "shear", "outline", "shadow", "dropshadow",
	"gradient_fade"}
