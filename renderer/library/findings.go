package library

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Findings are what searches find an asset by of its analysis. They lie under the key "findings" in the JSON object
// Asset.Analysis, whose other keys the library does not know.
type Findings struct {
	// Keywords are the values of the fields colors and grayscale.
	Keywords map[string][]string `json:"keywords,omitempty"`
	// Numbers are compared by order. Their fields are colors.<name> in percent, quality_analysis.<part>, accessibility_analysis.<part>,
	// illustration_score, quality_score, and taken_at in microseconds since 1970.
	Numbers map[string]float64 `json:"numbers,omitempty"`
	// Texts are the values of the fields image_metadata.<name>, found whole, by word, and by order where they are numbers.
	Texts map[string]string `json:"texts,omitempty"`
	// Faces is how many were found.
	Faces int `json:"faces,omitempty"`
}

// Names of fields of findings.
const (
	fieldColors        = "colors"
	fieldGrayscale     = "grayscale"
	fieldTakenAt       = "taken_at"
	fieldImageMetadata = "image_metadata."
)

// Bounds of what is indexed of the texts of one asset: a file may say of itself whatever it likes.
const (
	maxFoundTexts = 100
	maxFoundText  = 128 // bytes
)

// isFoundNumber tells whether a field is among the numbers of findings.
func isFoundNumber(field string) bool {
	for _, prefix := range []string{fieldColors + ".", "quality_analysis.", "accessibility_analysis."} {
		if strings.HasPrefix(field, prefix) {
			return true
		}
	}
	return field == fieldTakenAt || field == "illustration_score" || field == "quality_score"
}

// isFoundKeyword tells whether a field is among the keywords of findings.
func isFoundKeyword(field string) bool { return field == fieldColors || field == fieldGrayscale }

// findings are those of an asset, none when it has no analysis.
func (a *Asset) findings() (found Findings) {
	if len(a.Analysis) == 0 {
		return found
	}
	var analysis struct {
		Findings Findings `json:"findings"`
	}
	if json.Unmarshal(a.Analysis, &analysis) != nil {
		return found // Another one's analysis, in another form.
	}
	return analysis.Findings
}

// faces is how many faces an asset has: those that were given for it, else those that were found.
func (a *Asset) faces() int {
	if len(a.Faces) > 0 {
		return len(a.Faces)
	}
	return a.findings().Faces
}

// findings adds what an analysis has found.
func (d *document) findings(found Findings) {
	for field, values := range found.Keywords {
		for _, value := range values {
			d.exact(field, strings.ToLower(value))
		}
	}
	for field, number := range found.Numbers {
		d.values[field] = orderedValue{number: &number}
	}
	d.texts("", found.Texts)
}

// texts adds what a file says of itself, by field, each after a prefix.
func (d *document) texts(prefix string, found map[string]string) {
	names := slices.Sorted(maps.Keys(found))
	for _, name := range names[:min(len(names), maxFoundTexts)] {
		field, value := prefix+name, cut(found[name], maxFoundText)
		if !storable(field) || !storable(value) || value == "" {
			continue
		}
		words := tokens(value)
		for _, word := range words {
			d.terms[keyWordOf(field, word)] = 0
		}
		if len(words) > 1 {
			d.text.WriteString(phrase(phraseCode(field, 0), words, false) + "\x02")
		}
		d.exact(field, value)
		ordered := orderedValue{text: value}
		if number, err := strconv.ParseFloat(value, 64); err == nil && !math.IsNaN(number) && !math.IsInf(number, 0) {
			ordered.number = &number
		}
		d.values[field] = ordered
	}
}
