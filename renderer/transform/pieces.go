package transform

import "strings"

// piecesOf splits a component, still escaped, at its commas. What a stray comma leaves empty is no piece. Escaped commas
// belong to a value, unless they are the only ones and everything between them is a piece that has no free text in it: HTTP
// clients and the srcset attribute escape the commas of a whole URL.
func piecesOf(component string) []string {
	split := splitCommas(component)
	if len(split) != 1 || !strings.Contains(component, "%2") {
		return split
	}
	escaped := splitCommas(strings.NewReplacer("%2C", ",", "%2c", ",").Replace(component))
	for _, piece := range escaped {
		key, value := splitPiece(piece)
		if _, known := parameters[key]; !known || isWord(key, "l u d t bl fn if cs pg") || key == "fl" && strings.Contains(value, ":") {
			return split
		}
	}
	return escaped
}

func splitCommas(s string) []string {
	var pieces []string
	for piece := range strings.SplitSeq(s, ",") {
		if piece != "" {
			pieces = append(pieces, piece)
		}
	}
	return pieces
}
