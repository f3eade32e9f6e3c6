package transform

// isCharacteristic tells whether a name stands for a number that the picture or its asset has.
func isCharacteristic(name string) bool {
	switch name {
	case "w", "h", "ar", // of the picture at this point of the chain
		"iw", "ih", "iar", // of the stored original, oriented
		"trw", "trh", "tar", // of the picture without its uniform edges
		"cp", "pc", "px", "py", // current page, page count, position of the current layer of a PSD
		"lc",               // layers of a PSD
		"fc", "ils", "idn", // faces, illustration likelihood, density of the original
		"du", "idu": // current and original duration
		return true
	}
	return false
}

// illustrationAddon is what knows how likely a picture is an illustration (ils).
const illustrationAddon = "illustration detection"

// isStringCharacteristic tells whether a name stands for strings that the asset has.
func isStringCharacteristic(name string) bool {
	switch name {
	case "tags", "pgnames", "cpi":
		return true
	}
	return false
}

// isVariable tells whether s is $ and a name: a letter, then letters and digits.
func isVariable(s string) bool { return len(s) > 1 && s[0] == '$' && isVariableName(s[1:]) }

func isVariableName(s string) bool {
	if s == "" || len(s) > 64 || !isLetter(s[0]) {
		return false
	}
	for i := 1; i < len(s); i++ {
		if !isLetter(s[i]) && !isDigit(s[i]) {
			return false
		}
	}
	return true
}
