package transform

import (
	"strconv"
	"strings"
)

// ParseTextStyle reads the style of a text layer, decoded: <font>_<size> and further words in any order. A value
// without a size is the public ID of a text asset or a variable. The error is a *problem.Problem 400.
func ParseTextStyle(s string) (*TextStyle, error) {
	words := strings.Split(s, "_")
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
