package vips

import "github.com/darkroom-media/darkroom/renderer/problem"

// What eyes without one kind of cone see, as matrices over linear light: Machado, Oliveira and Fernandes, "A
// Physiologically-based Model for Simulation of Color Vision Deficiency" (2009), severity 1.0; anomalous vision is theirs at 0.6.
var colorblindness = map[string]matrix{
	"protanopia":    {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia":  {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":    {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
	"protanomaly":   {{0.385450, 0.769005, -0.154455}, {0.100526, 0.829802, 0.069673}, {-0.007442, -0.022190, 1.029632}},
	"deuteranomaly": {{0.498864, 0.674741, -0.173604}, {0.205199, 0.754872, 0.039929}, {-0.011131, 0.030969, 0.980162}},
	"tritanomaly":   {{1.104996, -0.046633, -0.058363}, {-0.032137, 0.971635, 0.060503}, {0.001336, 0.317922, 0.680742}},
	// One kind of cone or none leaves brightness; rods see blue much better than red.
	"cone_monochromacy": {{0.2126, 0.7152, 0.0722}, {0.2126, 0.7152, 0.0722}, {0.2126, 0.7152, 0.0722}},
	"rod_monochromacy":  {{0.0633, 0.5730, 0.3637}, {0.0633, 0.5730, 0.3637}, {0.0633, 0.5730, 0.3637}},
}

// simulateColorblind shows a picture as colour-blind eyes see it.
func simulateColorblind(s *stage, args arguments) error {
	seen, ok := colorblindness[args.values["condition"]]
	if !ok {
		return problem.BadRequest("Invalid argument %s of effect simulate_colorblind", args.values["condition"])
	}
	return s.eachColor(inLinearLight(seen))
}

// inLinearLight multiplies linear light by a matrix.
func inLinearLight(m matrix) colorChange {
	linear, encoded := linearLight(), encodedLight()
	return func(c [3]float64) [3]float64 {
		var in, out [3]float64
		for i := range c {
			in[i] = linear[clamp(int(c[i]), 0, 255)]
		}
		for i, row := range m {
			out[i] = lookUp(&encoded, row[0]*in[0]+row[1]*in[1]+row[2]*in[2])
		}
		return out
	}
}

// assistColorblind makes colours that are easily confused tell apart: by stripes on those on the red side, or by shifting
// red and green towards blue and yellow (xray).
func assistColorblind(s *stage, args arguments) error {
	if args.has("mode") {
		return s.eachColor(redGreenShifted)
	}
	stripes, err := args.number("stripes")
	if err != nil {
		return err
	}
	const (
		period  = 10  // of the stripes in pixels, along each axis
		noticed = 8.0 // difference between red and green in CIELAB from which stripes begin to show
		plain   = 30.0
	)
	k, width := newLabConverter(), s.picture.size().w
	depth := 60 * stripes / 100
	return s.eachPixel(func(data []byte, bands int) {
		for i := range len(data) / bands {
			pixel := data[i*bands : i*bands+3]
			now := k.lab(pixel[0], pixel[1], pixel[2])
			share := smooth(noticed, plain, max(now.a, -now.a))
			if share == 0 {
				continue
			}
			// Red gets stripes that rise, green such that fall.
			phase := mod(i%width+i/width, period)
			if now.a < 0 {
				phase = mod(i%width-i/width, period)
			}
			change := depth * share
			if phase >= period/2 {
				change = -change
			}
			now.l = min(max(now.l+change/2, 0), 100)
			for c, v := range k.rgb(now) {
				pixel[c] = level(v)
			}
		}
	})
}

// redGreenShifted moves what red and green differ by into brightness and blue (daltonisation for deuteranopia).
func redGreenShifted(c [3]float64) [3]float64 {
	lost := c[0] - c[1]
	return [3]float64{c[0] + 0.1*lost, c[1] - 0.3*lost, c[2] - 0.7*lost}
}
