package vips

import "github.com/darkroom-media/darkroom/renderer/problem"

// artLook is a filter of e_art: what happens to the colours, in the order of the fields. The zero value of each field
// changes nothing.
type artLook struct {
	// saturation is -100 (grey) to 100, vibrance the same for pale colours only.
	saturation, vibrance float64
	// light brightens above 0 and darkens below, as e_gamma does; contrast is that of e_contrast.
	light, contrast float64
	// shadows and highlights are the colours that black and white become; nil stays.
	shadows, highlights *[3]float64
	// wash is a gradient from dark to light, blended over by washed (0..1).
	wash   []stop
	washed float64
	// vignette darkens the corners.
	vignette float64
}

func tone3(r, g, b float64) *[3]float64 { return &[3]float64{r, g, b} }

func wash(colors ...[3]float64) []stop {
	stops := make([]stop, len(colors))
	for i, c := range colors {
		stops[i] = stop{float64(i) / float64(len(colors)-1), c}
	}
	return stops
}

// looks are the filters of e_art by name; read only. The service describes them by example pictures alone.
var looks = map[string]artLook{
	"al_dente":   {vibrance: 30, light: 8, contrast: 35, shadows: tone3(24, 10, 6), highlights: tone3(255, 250, 228)},
	"athena":     {saturation: -25, light: 18, contrast: 20, shadows: tone3(38, 30, 48), highlights: tone3(255, 246, 232)},
	"audrey":     {saturation: -100, light: 12, contrast: 45, shadows: tone3(14, 14, 14), highlights: tone3(252, 250, 246)},
	"aurora":     {vibrance: 30, contrast: 20, wash: wash([3]float64{40, 10, 90}, [3]float64{40, 170, 160}, [3]float64{240, 245, 200}), washed: 0.35},
	"daguerre":   {saturation: -100, light: -4, contrast: 30, shadows: tone3(34, 28, 22), highlights: tone3(236, 224, 200), vignette: 45},
	"eucalyptus": {saturation: -20, contrast: 20, shadows: tone3(14, 40, 34), highlights: tone3(244, 255, 240)},
	"fes":        {saturation: 5, light: 5, contrast: 15, shadows: tone3(60, 30, 20), highlights: tone3(255, 236, 200)},
	"frost":      {saturation: -35, light: 15, contrast: 20, shadows: tone3(10, 28, 58), highlights: tone3(232, 246, 255)},
	"hairspray":  {saturation: 10, light: 15, shadows: tone3(62, 26, 66), highlights: tone3(255, 236, 244)},
	"hokusai":    {saturation: -20, contrast: 40, wash: wash([3]float64{10, 26, 62}, [3]float64{70, 120, 150}, [3]float64{238, 228, 200}), washed: 0.55},
	"incognito":  {saturation: -100, light: -15, contrast: 55, vignette: 35},
	"linen":      {saturation: -40, light: 20, shadows: tone3(70, 62, 54), highlights: tone3(250, 244, 232)},
	"peacock":    {vibrance: 50, contrast: 30, shadows: tone3(0, 24, 48), highlights: tone3(248, 255, 236)},
	"primavera":  {vibrance: 45, light: 20, contrast: 10, shadows: tone3(26, 34, 12), highlights: tone3(255, 255, 232)},
	"quartz":     {saturation: -30, light: 22, shadows: tone3(54, 38, 50), highlights: tone3(255, 240, 240)},
	"red_rock":   {saturation: 10, contrast: 35, wash: wash([3]float64{40, 8, 0}, [3]float64{196, 92, 52}, [3]float64{255, 236, 208}), washed: 0.4},
	"refresh":    {vibrance: 35, light: 14, contrast: 20},
	"sizzle":     {saturation: 25, contrast: 50, shadows: tone3(30, 0, 10), highlights: tone3(255, 246, 210)},
	"sonnet":     {saturation: -100, light: 10, shadows: tone3(44, 36, 30), highlights: tone3(250, 240, 224)},
	"ukulele":    {saturation: -10, light: 8, contrast: 15, shadows: tone3(52, 44, 10), highlights: tone3(255, 242, 190), vignette: 25},
	"zorro":      {saturation: -100, light: -8, contrast: 80, vignette: 25},
}

// art applies one of the looks.
func art(s *stage, args arguments) error {
	l, ok := looks[args.values["filter"]]
	if !ok {
		return problem.BadRequest("Invalid argument %s of effect art", args.values["filter"])
	}
	if err := s.eachColor(l.change()); err != nil || l.vignette == 0 {
		return err
	}
	return s.darkenCorners(l.vignette)
}

func (l artLook) change() colorChange {
	light, slope := gamma(l.light), sigmoid(l.contrast)
	saturate, vibrate := 1+l.saturation/100, vivid(l.vibrance)
	var curves [256]float64
	for v := range curves {
		curves[v] = min(max(slope(light(float64(v))), 0), 255)
	}
	return func(c [3]float64) [3]float64 {
		gray := brightness(c)
		for i := range c {
			c[i] = gray + (c[i]-gray)*saturate
		}
		c = vibrate(c)
		for i := range c {
			c[i] = curves[clamp(round(c[i]), 0, 255)]
		}
		low, high := [3]float64{}, [3]float64{255, 255, 255}
		if l.shadows != nil {
			low = *l.shadows
		}
		if l.highlights != nil {
			high = *l.highlights
		}
		for i := range c {
			c[i] = between(low[i], high[i], c[i]/255)
		}
		if l.washed > 0 {
			washed := colorAt(l.wash, brightness(c)/255)
			for i := range c {
				c[i] = between(c[i], washed[i], l.washed)
			}
		}
		return c
	}
}
