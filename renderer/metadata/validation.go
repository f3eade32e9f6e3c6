package metadata

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/darkroom-media/darkroom/renderer/catalog"
)

// broken says why text breaks validation, or "". text is of the field's type.
func broken(field *catalog.MetadataField, validation *catalog.MetadataValidation, text string) string {
	switch validation.Type {
	case "and":
		for i := range validation.Rules {
			if reason := broken(field, &validation.Rules[i], text); reason != "" {
				return reason
			}
		}
	case "greater_than", "less_than":
		order := compare(field.Type, text, validation.Value)
		if order == 0 && validation.Equals || order > 0 && validation.Type == "greater_than" || order < 0 && validation.Type == "less_than" {
			return ""
		}
		side := "above "
		if validation.Type == "less_than" {
			side = "below "
		}
		if validation.Equals {
			side = "at or " + side
		}
		return "it must be " + side + validation.Value
	case "strlen":
		return brokenLength(validation, text)
	case "strregex":
		if !matches(validation.Regex, text) {
			return "it does not match " + validation.Regex
		}
	}
	return ""
}

// compare orders two values of a type. Dates as YYYY-MM-DD are in the order of their texts.
func compare(fieldType, a, b string) int {
	if fieldType == catalog.MetadataInteger {
		x, _ := strconv.ParseInt(a, 10, 64)
		y, _ := strconv.ParseInt(b, 10, 64)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	return strings.Compare(a, b)
}

// brokenLength says why text is too short or too long, or "".
func brokenLength(validation *catalog.MetadataValidation, text string) string {
	length := utf8.RuneCountInString(text)
	switch {
	case validation.Min != nil && length < *validation.Min:
		return "it must have at least " + strconv.Itoa(*validation.Min) + " characters"
	case validation.Max != nil && length > *validation.Max:
		return "it must have at most " + strconv.Itoa(*validation.Max) + " characters"
	}
	return ""
}

// matches says whether the whole of text matches pattern, which the rules have found to be a regular expression.
func matches(pattern, text string) bool {
	expression, err := regexp.Compile(`^(?:` + pattern + `)$`)
	return err == nil && expression.MatchString(text)
}
