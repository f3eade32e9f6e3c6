package transform

import "strings"

// Ranges of b_blurred.
const (
	maxBlurIntensity  = 2000
	minBlurBrightness = -300
	maxBlurBrightness = 100
)

// readBackground reads b_: a colour, transparent, auto or blurred.
func readBackground(d *draft, value string) error {
	name, rest, hasArgs := strings.Cut(value, ":")
	var args []string
	if hasArgs {
		args = strings.Split(rest, ":")
	}
	background := &Background{}
	switch {
	case name == "gen_fill" || strings.HasPrefix(name, "gen_fill;"):
		return unavailable("b_gen_fill", "generative fill")
	case value == "transparent" || value == "none":
		background.Transparent = true
	case name == "auto":
		if !isAutoBackground(args) {
			return errValue
		}
		background.Auto = args
		if len(args) == 0 {
			background.Auto = []string{"border"}
		}
	case name == "blurred":
		if background.Blurred = parseBlurred(args); background.Blurred == nil {
			return errValue
		}
	default:
		color, err := ParseColor(value)
		if err != nil {
			return errValue
		}
		background.Color = &color
	}
	d.component.Background = background
	return nil
}

// isAutoBackground tells whether arguments are [<mode>][:<number>][:<direction>][:palette_<c1>_<c2>...], each once, in any order.
func isAutoBackground(args []string) bool {
	seen := map[string]bool{}
	for _, arg := range args {
		kind := ""
		switch palette, isPalette := strings.CutPrefix(arg, "palette_"); {
		case isPalette:
			for color := range strings.SplitSeq(palette, "_") {
				if parsed, err := ParseColor(color); err != nil || parsed.Variable != "" {
					return false
				}
			}
			kind = "palette"
		case isWord(arg, "border predominant border_contrast predominant_contrast predominant_gradient predominant_gradient_contrast border_gradient border_gradient_contrast"):
			kind = "mode"
		case isWord(arg, "2 4"):
			kind = "number"
		case isWord(arg, "horizontal vertical diagonal_desc diagonal_asc"):
			kind = "direction"
		}
		if kind == "" || seen[kind] {
			return false
		}
		seen[kind] = true
	}
	return true
}

// parseBlurred reads [<intensity>][:<brightness>] and fills in the defaults; nil when that is not what args are.
func parseBlurred(args []string) []Number {
	blurred := []Number{literal(100, false), literal(0, false)}
	if len(args) > len(blurred) {
		return nil
	}
	for i, arg := range args {
		number, ok := parseNumber(arg, "")
		if !ok {
			return nil
		}
		blurred[i] = *number
	}
	clamp(&blurred[0], 1, maxBlurIntensity)
	clamp(&blurred[1], minBlurBrightness, maxBlurBrightness)
	return blurred
}

// clamp brings a literal into a range; expressions stay.
func clamp(n *Number, low, high float64) {
	if len(n.Expr) == 0 {
		if clamped := min(max(n.Value, low), high); clamped != n.Value {
			*n = literal(clamped, false)
		}
	}
}

// String is the canonical spelling, as it follows b_, not yet percent-encoded.
func (b *Background) String() string {
	switch {
	case b.Transparent:
		return "transparent"
	case len(b.Auto) > 0:
		return "auto:" + strings.Join(b.Auto, ":")
	case len(b.Blurred) > 0:
		var s strings.Builder
		s.WriteString("blurred")
		for _, n := range b.Blurred {
			s.WriteString(":" + n.String())
		}
		return s.String()
	case b.Color != nil:
		return b.Color.String()
	}
	return ""
}
