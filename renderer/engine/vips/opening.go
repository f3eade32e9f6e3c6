package vips

import (
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// wishes are what a chain says about how its source is opened: wherever it is written, it is done first.
type wishes struct {
	// page is the first pg_, with its variable replaced; empty when there is none.
	page string
	// density is the first dn_ in dots per inch, 0 when there is none; original says that it is that of the source.
	density  float64
	original bool
	// unmasked is fl_ignore_mask_channels, wherever it is.
	unmasked bool
}

// originalDensity is the density of dn_idn.
const originalDensity = "idn"

// wishesOf reads a chain before its source is opened: what is known then are variables and what is known of the asset.
func wishesOf(chain []transform.Component, asset *engine.Source) (wishes, error) {
	var w wishes
	known := transform.NewVariables(facts{asset})
	for i := range chain {
		c := &chain[i]
		if c.Branch != nil {
			if inside := anyPage(c.Branch.Then, c.Branch.Else); inside != "" {
				return w, problem.BadRequest("Invalid page - pg_%s cannot be under a condition", inside)
			}
			continue
		}
		for _, a := range c.Set {
			// What reads the picture cannot be known yet, and is an error where it is used below.
			_ = known.Assign(a)
		}
		if err := w.read(c, known); err != nil {
			return w, err
		}
	}
	return w, nil
}

func (w *wishes) read(c *transform.Component, known *transform.Variables) error {
	w.unmasked = w.unmasked || slices.Contains(c.Flags, "ignore_mask_channels")
	if w.page == "" && c.Page != "" && !clips(c) {
		w.page = c.Page
		if strings.HasPrefix(c.Page, "$") {
			if err := w.readPage(c.Page, known); err != nil {
				return err
			}
		}
	}
	if d := c.Density; d != nil && w.density == 0 && !w.original {
		if len(d.Expr) == 1 && d.Expr[0] == originalDensity {
			w.original = true
			return nil
		}
		density, _, err := d.Eval(known)
		if err == nil && (density < 1 || density > maxDensity) {
			err = problem.BadRequest("Invalid density - %g", density)
		}
		if err != nil {
			return err
		}
		w.density = density
	}
	return nil
}

// maxDensity is the largest dn_.
const maxDensity = 10000

// readPage replaces a variable.
func (w *wishes) readPage(variable string, known *transform.Variables) error {
	number := transform.Number{Expr: []string{variable}}
	if held, ok := known.Strings(variable); ok {
		w.page = strings.Join(held, ";")
		return nil
	}
	value, _, err := number.Eval(known)
	if err != nil {
		return err
	}
	literal := transform.Number{Value: value}
	w.page = literal.String()
	return nil
}

// anyPage is the first pg_ of components, empty when there is none.
func anyPage(sides ...[]transform.Component) string {
	for _, side := range sides {
		for i := range side {
			c := &side[i]
			if c.Page != "" && !clips(c) {
				return c.Page
			}
			if c.Branch != nil {
				if page := anyPage(c.Branch.Then, c.Branch.Else); page != "" {
					return page
				}
			}
		}
	}
	return ""
}
