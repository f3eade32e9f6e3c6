package svg

import "strings"

// cleanCSS takes out of a style sheet or a declaration what could load something. A sheet that tries to hide what it
// means (escapes) or that uses something else than properties to load is left out whole.
func cleanCSS(text string) string {
	text = stripComments(text)
	lower := strings.ToLower(text)
	for _, word := range []string{"\\", "@import", "@namespace", "@charset", "expression(", "javascript:", "behavior", "-moz-binding", "image-set(", "image(", "src(", "cross-fade(", "element(", "</"} {
		if strings.Contains(lower, word) {
			return ""
		}
	}
	if len(lower) != len(text) { // letters whose lower case has another length: offsets would not fit
		return ""
	}
	var out strings.Builder
	for {
		at := strings.Index(lower, "url(")
		if at < 0 {
			out.WriteString(text)
			return out.String()
		}
		length := strings.IndexByte(text[at:], ')')
		if length < 0 {
			return ""
		}
		reference := strings.Trim(text[at+len("url("):at+length], " \t\r\n\"'")
		out.WriteString(text[:at])
		if strings.HasPrefix(reference, "#") && !strings.ContainsAny(reference, "\"'( \t\r\n") {
			out.WriteString("url(" + reference + ")")
		} else {
			out.WriteString("none")
		}
		text, lower = text[at+length+1:], lower[at+length+1:]
	}
}

// stripComments takes comments out; one that does not end takes the rest with it.
func stripComments(text string) string {
	for {
		before, rest, found := strings.Cut(text, "/*")
		if !found {
			return text
		}
		_, after, _ := strings.Cut(rest, "*/")
		text = before + " " + after
	}
}
