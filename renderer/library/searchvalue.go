package library

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// span is what one value of an ordered field stands for: an instant, a number, or all between two of them, the end
// excluded. A number has low == high.
type span struct{ low, high float64 }

// parseValue reads a value of an ordered field. ok is false for what is none.
type parseValue func(text string, now time.Time) (value span, ok bool)

func parseNumber(text string, _ time.Time) (span, bool) {
	number, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
		return span{}, false
	}
	return span{number, number}, true
}

// sizeUnits are powers of 1024.
var sizeUnits = map[string]float64{"": 1, "b": 1, "k": 1 << 10, "kb": 1 << 10, "m": 1 << 20, "mb": 1 << 20, "g": 1 << 30, "gb": 1 << 30}

// parseSize reads bytes, with or without a unit.
func parseSize(text string, now time.Time) (span, bool) {
	text = strings.ToLower(text)
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz")
	unit, known := sizeUnits[text[len(digits):]]
	value, ok := parseNumber(digits, now)
	return span{value.low * unit, value.high * unit}, ok && known
}

// parseSeconds reads a length of time in seconds, or in minutes with an m behind it; an s may be behind seconds.
func parseSeconds(text string, now time.Time) (span, bool) {
	text = strings.ToLower(text)
	if minutes, ok := strings.CutSuffix(text, "m"); ok {
		value, ok := parseNumber(minutes, now)
		return span{value.low * 60, value.high * 60}, ok
	}
	return parseNumber(strings.TrimSuffix(text, "s"), now)
}

// ratioTolerance is what two ratios that are called equal may differ by.
const ratioTolerance = 0.005

// parseRatio reads 1.77 and 16:9.
func parseRatio(text string, now time.Time) (span, bool) {
	width, height, isRatio := strings.Cut(text, ":")
	ratio, ok := parseNumber(width, now)
	if isRatio && ok {
		var below span
		if below, ok = parseNumber(height, now); ok && below.low > 0 {
			ratio.low /= below.low
		} else {
			ok = false
		}
	}
	return span{ratio.low - ratioTolerance, ratio.low + ratioTolerance}, ok
}

var relative = regexp.MustCompile(`^(\d{1,6})([hdwmy])$`)

// parseMicros reads a time or a day, absolute or relative to now, as microseconds since 1970.
func parseMicros(text string, now time.Time) (span, bool) {
	from, to, ok := parseTime(text, now)
	return span{float64(from.UnixMicro()), float64(to.UnixMicro())}, ok
}

// parseMetadata reads a number, or a day as seconds since 1970.
func parseMetadata(text string, now time.Time) (span, bool) {
	if number, ok := parseNumber(text, now); ok {
		return number, true
	}
	from, to, ok := parseTime(text, now)
	return span{float64(from.Unix()), float64(to.Unix())}, ok
}

// maxYears is how far back a number of years leads: further away there are no microseconds since 1970.
const maxYears = 100_000

func parseTime(text string, now time.Time) (from, to time.Time, ok bool) {
	if parts := relative.FindStringSubmatch(text); parts != nil {
		n, _ := strconv.Atoi(parts[1]) // Six digits.
		switch parts[2] {
		case "h":
			from = now.Add(-time.Duration(n) * time.Hour)
		case "d":
			from = now.AddDate(0, 0, -n)
		case "w":
			from = now.AddDate(0, 0, -7*n)
		case "m":
			from = now.AddDate(0, -n, 0)
		case "y":
			from = now.AddDate(-min(n, maxYears), 0, 0)
		}
		return from, from, true
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day, day.AddDate(0, 0, 1), true
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05.999999999-0700"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, at, true
		}
	}
	return time.Time{}, time.Time{}, false
}
