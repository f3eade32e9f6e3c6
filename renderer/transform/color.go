package transform

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// ParseColor reads a colour: a name of CSS or X11, "rgb:" with 3, 4, 6 or 8 hex digits (4 and 8 carry alpha), or the digits
// alone, in any case; or a variable ("$color"). The error is a *problem.Problem.
func ParseColor(s string) (Color, error) {
	if isVariable(s) {
		return Color{Variable: s}, nil
	}
	lower := strings.ToLower(s)
	rgb, ok := namedColor(lower)
	if !ok {
		rgb, ok = shadeColor(lower)
	}
	if ok {
		return Color{R: uint8(rgb >> 16), G: uint8(rgb >> 8), B: uint8(rgb), A: 255}, nil
	}
	if lower == "transparent" || lower == "none" {
		return Color{}, nil
	}
	digits := strings.TrimPrefix(lower, "rgb:")
	if len(digits) == 3 || len(digits) == 4 {
		var doubled strings.Builder
		for i := 0; i < len(digits); i++ {
			doubled.WriteByte(digits[i])
			doubled.WriteByte(digits[i])
		}
		digits = doubled.String()
	}
	if len(digits) != 6 && len(digits) != 8 {
		return Color{}, invalid("color", s)
	}
	channels, err := hex.DecodeString(digits)
	if err != nil {
		return Color{}, invalid("color", s)
	}
	color := Color{R: channels[0], G: channels[1], B: channels[2], A: 255}
	if len(channels) == 4 {
		color.A = channels[3]
	}
	return color, nil
}

// String spells the colour as ParseColor reads it: "rgb:rrggbb", "rgb:rrggbbaa", or the variable's name.
func (c Color) String() string {
	if c.Variable != "" {
		return c.Variable
	}
	if c.A == 255 {
		return fmt.Sprintf("rgb:%02x%02x%02x", c.R, c.G, c.B)
	}
	return fmt.Sprintf("rgb:%02x%02x%02x%02x", c.R, c.G, c.B, c.A)
}

// Resolve gives the colour that is meant: itself, or what its variable holds.
func (c Color) Resolve(env Env) (Color, error) {
	if c.Variable == "" {
		return c, nil
	}
	strs, ok := env.Strings(c.Variable)
	if !ok {
		return Color{}, undefined(c.Variable)
	}
	value := strings.Join(strs, ":")
	if isVariable(value) {
		return Color{}, invalid("color", value)
	}
	return ParseColor(value)
}
