package transform

import (
	"strconv"
	"strings"
)

// readFormat reads f_.
func readFormat(d *draft, value string) error {
	name, class, hasClass := strings.Cut(value, ":")
	if name == "auto" {
		if hasClass && !isWord(class, "image video animated") {
			return errValue
		}
		if !d.stored {
			d.output.Format, d.output.Auto = "", value
		}
		return nil
	}
	format, known := CanonicalFormat(value)
	if !known {
		return errValue
	}
	d.output.Format, d.output.Auto = format, ""
	return nil
}

// readQuality reads q_: a number or auto with a level, and what may follow: chroma, sensitive, qmax.
func readQuality(d *draft, value string) error {
	parts := strings.Split(value, ":")
	var quality Quality
	switch parts[0] {
	case "auto":
		quality.Auto = "good"
		if len(parts) > 1 && isWord(parts[1], "best good eco low") {
			quality.Auto = parts[1]
			parts = parts[1:]
		}
	case "jpegmini":
		quality.Auto = "best"
		if len(parts) > 1 {
			level, ok := map[string]string{"0": "best", "1": "good", "2": "eco"}[parts[1]]
			if !ok {
				return errValue
			}
			quality.Auto = level
			parts = parts[1:]
		}
	default:
		number, ok := parseNumber(parts[0], "")
		if !ok || len(number.Expr) == 0 && (number.Value < 1 || number.Value > 100 || number.Decimal) {
			return errValue
		}
		quality.Value = number
	}
	for _, part := range parts[1:] {
		switch limit, isLimit := strings.CutPrefix(part, "qmax_"); {
		case part == "420" || part == "444":
			quality.Chroma = part
		case part == "sensitive" && quality.Auto != "":
			quality.Sensitive = true
		case isLimit:
			n, ok := parseLiteral(limit, false)
			if !ok || n.Decimal || n.Value < 1 || n.Value > 100 {
				return errValue
			}
			quality.MaxQuantizer = int(n.Value)
		default:
			return errValue
		}
	}
	d.output.Quality = quality
	return nil
}

// String is the canonical spelling, as it follows q_; empty when nothing is said.
func (q Quality) String() string {
	s := ""
	switch {
	case q.Value != nil:
		s = q.Value.String()
	case q.Auto != "":
		s = "auto:" + q.Auto
	default:
		return ""
	}
	if q.Chroma != "" {
		s += ":" + q.Chroma
	}
	if q.MaxQuantizer > 0 {
		s += ":qmax_" + strconv.Itoa(q.MaxQuantizer)
	}
	if q.Sensitive {
		s += ":sensitive"
	}
	return s
}

// readDefault reads d_: the public ID, with colons for slashes.
func readDefault(d *draft, value string) error {
	id, ok := layerID(value)
	if !ok {
		return errValue
	}
	d.output.Default = id
	return nil
}

// readPage reads pg_: numbers and ranges joined by semicolons, or names of layers, or embedded objects.
func readPage(d *draft, value string) error {
	name, isName := strings.CutPrefix(value, "name:")
	embedded, isEmbedded := strings.CutPrefix(value, "embedded:")
	switch {
	case isName && name != "", isEmbedded && embedded != "":
	case isVariable(value):
	default:
		for part := range strings.SplitSeq(value, ";") {
			from, to, isRange := strings.Cut(part, "-")
			if !isPage(from) || isRange && to != "" && !isPage(to) {
				return errValue
			}
		}
	}
	d.component.Page = value
	return nil
}

func isPage(s string) bool {
	n, ok := parseLiteral(s, false)
	return ok && !n.Decimal && n.Value >= 0 && isDigit(s[0])
}

func readDensity(d *draft, value string) error {
	number, ok := parseNumber(value, "")
	if !ok || len(number.Expr) == 0 && (number.Value < 1 || number.Value > 10000) {
		return errValue
	}
	d.component.Density = number
	return nil
}

// readSampling reads vs_: a number of frames, or seconds between them ("0.25s").
func readSampling(d *draft, value string) error {
	seconds, isSeconds := strings.CutSuffix(value, "s")
	number, ok := parseLiteral(seconds, false)
	if !ok || number.Value <= 0 || !isSeconds && number.Decimal {
		return errValue
	}
	d.output.Sampling = value
	return nil
}

// readFrameRate reads fps_: <n>, <n>-<m> or <n>-.
func readFrameRate(d *draft, value string) error {
	from, to, isRange := strings.Cut(value, "-")
	if !isPositive(from) || isRange && to != "" && !isPositive(to) {
		return errValue
	}
	d.output.FrameRate = value
	return nil
}

func readClassPrefix(d *draft, value string) error {
	for i := 0; i < len(value); i++ {
		if c := value[i]; !isLetter(c) && !isDigit(c) && c != '_' && c != '-' {
			return errValue
		}
	}
	d.output.ClassPrefix = value
	return nil
}

// isPositive tells whether s is a number above zero.
func isPositive(s string) bool {
	n, ok := parseLiteral(s, false)
	return ok && n.Value > 0
}
