package transform

import (
	"strings"
)

// readAngle reads a_: an angle, a flip, or several joined by dots and applied left to right.
func readAngle(d *draft, value string) error {
	c := &d.component
	var rotations []Rotation
	ignore, auto := false, ""
	for _, part := range splitAngles(value) {
		switch part {
		case "ignore":
			ignore = true
		case "exif":
			// The orientation is applied anyway.
		case "auto_right", "auto_left":
			auto = strings.TrimPrefix(part, "auto_")
		case "hflip", "vflip":
			rotations = append(rotations, Rotation{Flip: part[:1]})
		default:
			number, ok := parseNumber(part, "")
			if !ok {
				return errValue
			}
			rotations = append(rotations, Rotation{Degrees: number})
		}
	}
	if len(rotations) > maxOperands {
		return errValue
	}
	c.Rotations, c.IgnoreOrientation, c.AutoRotate = rotations, ignore, auto
	return nil
}

// splitAngles splits at dots, except at the decimal point of a number inside an expression: a_$x_mul_1.5 is one angle.
func splitAngles(value string) []string {
	var parts []string
	for part := range strings.SplitSeq(value, ".") {
		if n := len(parts); n > 0 {
			last := parts[n-1]
			_, whole := parseLiteral(last, false)
			if !whole && last != "" && isDigit(last[len(last)-1]) && part != "" && isDigit(part[0]) && !isVariableName(lastToken(last)) && !isVariable(lastToken(last)) {
				parts[n-1] = last + "." + part
				continue
			}
		}
		parts = append(parts, part)
	}
	return parts
}

func lastToken(expression string) string {
	return expression[strings.LastIndexByte(expression, '_')+1:]
}

// spellAngles is a component's a_ value; empty when it has none.
func (c *Component) spellAngles() string {
	var parts []string
	if c.IgnoreOrientation {
		parts = append(parts, "ignore")
	}
	if c.AutoRotate != "" {
		parts = append(parts, "auto_"+c.AutoRotate)
	}
	for _, rotation := range c.Rotations {
		if rotation.Flip != "" {
			parts = append(parts, rotation.Flip+"flip")
			continue
		}
		parts = append(parts, rotation.Degrees.String())
	}
	return strings.Join(parts, ".")
}

// readRadius reads r_: max, or one to four radii.
func readRadius(d *draft, value string) error {
	if value == "max" {
		d.component.Radius = &Radius{Max: true}
		return nil
	}
	parts := strings.Split(value, ":")
	var radii [4]Number
	if len(parts) > len(radii) {
		return errValue
	}
	for i, part := range parts {
		number, ok := parseNumber(part, "")
		if !ok || len(number.Expr) == 0 && number.Value < 0 {
			return errValue
		}
		radii[i] = *number
	}
	switch len(parts) {
	case 1:
		radii[1], radii[2], radii[3] = radii[0], radii[0], radii[0]
	case 2:
		radii[2], radii[3] = radii[0], radii[1]
	case 3:
		radii[3] = radii[1]
	}
	d.component.Radius = &Radius{Corners: radii}
	return nil
}

// String is the canonical spelling, as it follows r_.
func (r *Radius) String() string {
	if r.Max {
		return "max"
	}
	var c [4]string
	for i, corner := range r.Corners {
		c[i] = corner.String()
	}
	switch {
	case c[1] != c[3]:
		return strings.Join(c[:], ":")
	case c[0] != c[2]:
		return strings.Join(c[:3], ":")
	case c[0] != c[1]:
		return strings.Join(c[:2], ":")
	}
	return c[0]
}

// readBorder reads bo_.
func readBorder(d *draft, value string) (err error) {
	d.component.Border, err = parseBorder(value)
	return err
}

// parseBorder reads <width>px_solid_<color>.
func parseBorder(value string) (*Border, error) {
	width, color, ok := strings.Cut(value, "px_solid_")
	if !ok {
		return nil, errValue
	}
	number, ok := parseNumber(width, "")
	if !ok || len(number.Expr) == 0 && (number.Value < 0 || number.Decimal) {
		return nil, errValue
	}
	parsed, err := ParseColor(color)
	if err != nil {
		return nil, errValue
	}
	return &Border{Width: *number, Color: parsed}, nil
}

// String is the canonical spelling, as it follows bo_.
func (b *Border) String() string { return b.Width.String() + "px_solid_" + b.Color.String() }

func readColor(d *draft, value string) error {
	color, err := ParseColor(value)
	if err != nil {
		return err
	}
	d.component.Color = &color
	return nil
}

func readColorSpace(d *draft, value string) error {
	icc, isICC := strings.CutPrefix(value, "icc:")
	if !isWord(value, "srgb tinysrgb cmyk no_cmyk keep_cmyk srgb:truecolor copy") && (!isICC || icc == "") {
		return errValue
	}
	d.component.ColorSpace = value
	return nil
}
