package vips

import (
	"slices"
	"strconv"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// turn goes to the pages that a chain asks for and returns them, from 0; nil when it asks for none. The source is
// turned to the first of them; several layers of a PSD are merged.
func (s *source) turn(text string) ([]int, error) {
	if text == "" {
		return nil, nil
	}
	pages, err := s.selected(text)
	if err != nil {
		return nil, err
	}
	if s.layered() {
		return nil, s.turnToLayers(pages)
	}
	return pages, s.turnTo(pages[0])
}

// layered says that pages are layers of one picture, counted from 1; 0 is all of them.
func (s *source) layered() bool { return s.format.name == "psd" || s.format.name == "psb" }

func (s *source) turnToLayers(pages []int) error {
	if len(pages) == 1 {
		return s.turnTo(pages[0] + 1)
	}
	for _, page := range pages {
		if err := checkInput(s.layers[page], 1, s.limit); err != nil {
			return err
		}
	}
	s.merge = pages
	s.alpha = true
	return nil
}

// selected reads the value of pg_: numbers and ranges joined by semicolons, or names of layers. What it selects counts
// from 0; -1 is the whole of a layered picture.
func (s *source) selected(text string) ([]int, error) {
	wrong := problem.BadRequest("Invalid page - %s", text)
	if names, ok := strings.CutPrefix(text, "name:"); ok {
		return s.named(strings.Split(names, ";"))
	}
	if text == "0" && s.layered() {
		return []int{-1}, nil
	}
	count := s.pages
	if s.layered() {
		count = len(s.names)
	}
	var pages []int
	for part := range strings.SplitSeq(text, ";") {
		from, to, isRange := strings.Cut(part, "-")
		first, err := strconv.Atoi(from)
		last := first
		if err == nil && isRange {
			last = count
			if to != "" {
				last, err = strconv.Atoi(to)
			}
		}
		if err != nil || first < 1 || last < first || last > count {
			return nil, wrong
		}
		if len(pages)+last-first >= s.pages {
			return nil, wrong
		}
		for n := first; n <= last; n++ {
			pages = append(pages, n-1)
		}
	}
	return pages, nil
}

// named finds layers by name, as often as there are layers of that name.
func (s *source) named(names []string) ([]int, error) {
	var found []int
	for _, name := range names {
		before := len(found)
		for i, n := range s.names {
			if n == name {
				found = append(found, i)
			}
		}
		if len(found) == before {
			return nil, problem.BadRequest("Invalid page - there is no layer %s", name)
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}
