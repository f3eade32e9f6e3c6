package library

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of the index: what is longer is cut, in searches too.
const (
	maxToken  = 64  // bytes
	maxTokens = 256 // of one value
	maxExact  = 256 // bytes
)

// tokens are the words of a text: letters and digits in lower case; everything else separates.
func tokens(text string) []string {
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
	words = words[:min(len(words), maxTokens)]
	for i, word := range words {
		words[i] = cut(strings.ToLower(word), maxToken)
	}
	return words
}

// cut shortens text to at most size bytes, between two characters.
func cut(text string, size int) string {
	if len(text) <= size {
		return text
	}
	for size > 0 && !utf8.RuneStart(text[size]) {
		size--
	}
	return text[:size]
}

// longMark stands before the digest of a value that is too long for the index.
const longMark = "\x02"

// exact is how a whole value is written in the index: itself, or its beginning and a digest.
func exact(value string) string {
	if len(value) <= maxExact {
		return value
	}
	sum := sha256.Sum256([]byte(value))
	return cut(value, maxExact-40) + longMark + hex.EncodeToString(sum[:16])
}
