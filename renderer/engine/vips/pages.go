package vips

import (
	"strconv"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// firstPage is the page that the first component asks for, from 0. Later components cannot go back to the file.
func firstPage(components []transform.Component, of *source) (int, error) {
	if len(components) == 0 || components[0].Page == "" || !of.format.pages {
		return 0, nil
	}
	return pageNumber(components[0].Page, of.pages)
}

// pageNumber reads the value of pg_: the first page of lists and ranges. The result counts from 0.
func pageNumber(text string, pages int) (int, error) {
	number, _, _ := strings.Cut(strings.FieldsFunc(text+" ", func(r rune) bool { return r == ';' || r == '-' })[0], " ")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > pages {
		return 0, problem.BadRequest("Invalid page - %s", text)
	}
	return n - 1, nil
}
