package transform

import (
	"strconv"
	"strings"
)

// ParseTextStyle reads the style of a text layer, decoded: <font>_<size> and further words in any order. A value
// without a size is the public ID of a text asset or a variable. The error is a *problem.Problem 400.
func ParseTextStyle(s string) (*TextStyle, error) {
	words := splitStyle(s)
	at := -1
	for i := 1; i < len(words); i++ {
		if _, ok := parseLiteral(words[i], false); ok || isVariable(words[i]) {
			at = i
			break
		}
	}
	if at < 0 {
		if s == "" || strings.HasPrefix(s, "$") && !isVariable(s) {
			return nil, invalid("text style", s)
		}
		return &TextStyle{Template: s}, nil
	}
	size, _ := parseNumber(words[at], "")
	style := &TextStyle{Font: strings.Join(words[:at], "_"), Size: *size}
	if len(size.Expr) == 0 && size.Value <= 0 {
		return nil, invalid("font size", words[at])
	}
	if style.Font == "" || !style.readWords(words[at+1:]) {
		return nil, invalid("text style", s)
	}
	return style, nil
}

// splitStyle splits a style at underscores, but not inside the name of a font file, which may hold any.
func splitStyle(s string) []string {
	lower := strings.ToLower(s)
	for _, ext := range fontExtensions {
		if at := strings.Index(lower, ext+"_"); at > 0 && len(lower) == len(s) {
			at += len(ext)
			return append([]string{s[:at]}, strings.Split(s[at+1:], "_")...)
		}
	}
	return strings.Split(s, "_")
}

// fontExtensions are those of fonts that can be uploaded.
var fontExtensions = []string{".ttf", ".otf", ".woff2", ".woff"}

// FontFile is the public ID of the uploaded font that the style names, with slashes; empty when it names a family.
func (t *TextStyle) FontFile() string {
	lower := strings.ToLower(t.Font)
	for _, ext := range fontExtensions {
		if strings.HasSuffix(lower, ext) && len(lower) > len(ext) {
			return strings.ReplaceAll(t.Font, ":", "/")
		}
	}
	return ""
}

// Stored is the public ID of the text asset that the style is taken from, with slashes; empty when it is written out or
// in a variable.
func (t *TextStyle) Stored() string {
	if isVariable(t.Template) {
		return ""
	}
	return strings.ReplaceAll(t.Template, ":", "/")
}

// Resolve gives the style that is meant: itself, what its variable holds, or that of a text asset, which stored gives by
// its public ID. The error is a *problem.Problem.
func (t *TextStyle) Resolve(env Env, stored func(publicID string) (string, error)) (*TextStyle, error) {
	if t.Template == "" {
		return t, nil
	}
	var text string
	if id := t.Stored(); id != "" {
		var err error
		if text, err = stored(id); err != nil {
			return nil, err
		}
	} else {
		strs, ok := env.Strings(t.Template)
		if !ok {
			return nil, undefined(t.Template)
		}
		text = strings.Join(strs, ":")
	}
	style, err := ParseTextStyle(text)
	if err != nil {
		return nil, err
	}
	if style.Template != "" {
		return nil, invalid("text style", text)
	}
	return style, nil
}

// readWords reads what follows the size.
func (t *TextStyle) readWords(words []string) bool {
	for i := 0; i < len(words); i++ {
		switch word := words[i]; word {
		case "normal", "none":
			// The default of weight, style and decoration, and of the stroke.
		case "bold", "thin", "light":
			t.Weight = word
		case "italic":
			t.Italic = true
		case "underline", "strikethrough":
			t.Decoration = word
		case "left":
			t.Align = ""
		case "center", "right", "start", "end", "justify":
			t.Align = word
		case "stroke":
			t.Stroke = true
		case "bo":
			// bo_<width>px_solid_<color>
			end := i + 4
			if end > len(words) {
				return false
			}
			border, err := parseBorder(strings.Join(words[i+1:end], "_"))
			if err != nil {
				return false
			}
			t.Stroke, t.Outline = true, border
			i = end - 1
		case "letter", "line":
			if i+2 >= len(words) || words[i+1] != "spacing" {
				return false
			}
			spacing, ok := parseLiteral(words[i+2], false)
			if !ok {
				return false
			}
			if word == "letter" {
				t.LetterSpacing = spacing.Value
			} else {
				t.LineSpacing = spacing.Value
			}
			i += 2
		case "antialias", "hinting":
			i++
			if i == len(words) {
				return false
			}
			switch {
			case word == "antialias" && isWord(words[i], "none gray subpixel fast good best"):
				t.Antialias = words[i]
			case word == "hinting" && isWord(words[i], "none slight medium full"):
				t.Hinting = words[i]
			default:
				return false
			}
		default:
			weight, ok := parseLiteral(word, false)
			if !ok || weight.Decimal || weight.Value < 100 || weight.Value > 900 {
				return false
			}
			t.Weight = weight.String()
		}
	}
	return true
}

// String is the canonical spelling, not yet percent-encoded.
func (t *TextStyle) String() string {
	if t.Template != "" {
		return t.Template
	}
	words := []string{t.Font, t.Size.String()}
	add := func(word string) {
		if word != "" {
			words = append(words, word)
		}
	}
	add(t.Weight)
	if t.Italic {
		add("italic")
	}
	add(t.Decoration)
	add(t.Align)
	if t.Stroke {
		add("stroke")
	}
	if t.Outline != nil {
		add("bo_" + t.Outline.String())
	}
	spacing := func(name string, value float64) {
		if value != 0 {
			words = append(words, name, "spacing", strconv.FormatFloat(value, 'f', -1, 64))
		}
	}
	spacing("letter", t.LetterSpacing)
	spacing("line", t.LineSpacing)
	if t.Antialias != "" {
		words = append(words, "antialias", t.Antialias)
	}
	if t.Hinting != "" {
		words = append(words, "hinting", t.Hinting)
	}
	return strings.Join(words, "_")
}
