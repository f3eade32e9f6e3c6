package transform

import (
	"encoding/base64"
	"reflect"
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// Kinds of custom function.
const (
	FunctionWASM   = "wasm"
	FunctionRemote = "remote"
	FunctionSelect = "select"
	FunctionRefine = "refine"
)

// Function is fn_: a program of the user's that makes a picture of the picture, or one that chooses from a list by tag.
type Function struct {
	// Kind is one of the Function constants.
	Kind string `json:"kind"`
	// Language is that of a function that chooses the asset to deliver (select) or the assets to list (refine): jq or js.
	Language string `json:"language,omitempty"`
	// Source is the public ID of a WebAssembly module or a program in JavaScript, with slashes and extension, the URL of a remote
	// function, or a filter in jq.
	Source string `json:"source"`
	// Before is fn_pre: the function gets the original, before everything else.
	Before bool `json:"before,omitempty"`
}

// Languages of functions that choose.
const (
	LanguageJQ         = "jq"
	LanguageJavaScript = "js"
)

// readFunction reads fn_: <kind>:<source>, pre:remote:<source>, and for select and refine <kind>:jq:<filter> or
// <kind>:js:[v<version>:]<public ID>.
func readFunction(d *draft, value string) error {
	f := &Function{}
	rest, before := strings.CutPrefix(value, "pre:")
	f.Before = before
	kind, source, ok := strings.Cut(rest, ":")
	if kind == "render" {
		return unavailable("fn_render", "custom video rendering")
	}
	if !ok || source == "" {
		return errValue
	}
	f.Kind, f.Source = kind, source
	switch kind {
	case FunctionWASM:
		if f.Source, ok = layerID(source); !ok || before || !strings.HasSuffix(strings.ToLower(source), ".wasm") {
			return errValue
		}
	case FunctionSelect, FunctionRefine:
		if before || !f.readChoice(source) {
			return errValue
		}
	case FunctionRemote:
		if f.Source, ok = decodeURL(source); !ok {
			return errValue
		}
	default:
		return errValue
	}
	d.component.Function = f
	return nil
}

// readChoice reads the language and the source of a function that chooses.
func (f *Function) readChoice(text string) (ok bool) {
	f.Language, f.Source, _ = strings.Cut(text, ":")
	switch f.Language {
	case LanguageJQ:
		return f.Source != ""
	case LanguageJavaScript:
		if version, rest, cut := strings.Cut(f.Source, ":"); cut {
			if _, is := parseVersion(version); is {
				f.Source = rest
			}
		}
		f.Source, ok = layerID(f.Source)
		return ok && strings.HasSuffix(strings.ToLower(f.Source), ".js")
	}
	return false
}

// String is the canonical spelling, as it follows fn_, not yet percent-encoded.
func (f *Function) String() string {
	switch f.Kind {
	case FunctionSelect, FunctionRefine:
		if f.Language == LanguageJavaScript {
			return f.Kind + ":" + f.Language + ":" + strings.ReplaceAll(f.Source, "/", ":")
		}
		return f.Kind + ":" + f.Language + ":" + f.Source
	case FunctionRemote:
		before := ""
		if f.Before {
			before = "pre:"
		}
		return before + FunctionRemote + ":" + base64.RawURLEncoding.EncodeToString([]byte(f.Source))
	}
	return f.Kind + ":" + strings.ReplaceAll(f.Source, "/", ":")
}

// decodeURL reads an http or https URL in base64 of either alphabet, padded or not.
func decodeURL(encoded string) (string, bool) {
	encoded = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(encoded, "="))
	url, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || !printable(string(url)) {
		return "", false
	}
	scheme, host, ok := strings.Cut(string(url), "://")
	return string(url), ok && host != "" && isWord(strings.ToLower(scheme), "http https")
}

// checkFunctions refuses remote functions where they cannot be called: they are called between two renderings of the base.
func checkFunctions(components []Component) error {
	for i := range components {
		c := &components[i]
		inside := [][]Component{nil}
		if c.Branch != nil {
			inside = [][]Component{c.Branch.Then, c.Branch.Else}
		}
		if c.Layer != nil {
			inside = append(inside, c.Layer.Components)
		}
		if slices.ContainsFunc(inside, choosesAsset) || choosesAsset([]Component{*c}) && c.If != nil {
			return problem.BadRequest("fn_select and fn_refine cannot be used in a layer or under a condition")
		}
		remote := c.Function != nil && c.Function.Kind == FunctionRemote
		if remote && c.If != nil || slices.ContainsFunc(inside, callsRemote) {
			return problem.BadRequest("fn_remote cannot be used in a layer or under a condition")
		}
	}
	return nil
}

// chooses tells whether the function chooses from a list.
func (f *Function) chooses() bool { return f.Kind == FunctionSelect || f.Kind == FunctionRefine }

func choosesAsset(components []Component) bool {
	return slices.ContainsFunc(components, func(c Component) bool {
		return c.Function != nil && c.Function.chooses() ||
			c.Branch != nil && (choosesAsset(c.Branch.Then) || choosesAsset(c.Branch.Else)) ||
			c.Layer != nil && choosesAsset(c.Layer.Components)
	})
}

// Choice takes the function off the plan that chooses from a list; nil when it has none. rest is what else the plan says. The
// error is a *problem.Problem when there is more than one.
func (p *Plan) Choice() (choice *Function, rest *Plan, err error) {
	left := *p
	left.Components = nil
	for _, c := range p.Components {
		if c.Function == nil || !c.Function.chooses() {
			left.Components = append(left.Components, c)
			continue
		}
		if choice != nil {
			return nil, nil, problem.BadRequest("Invalid custom function - %s: there is another one before it that chooses", c.Function)
		}
		choice = c.Function
		written := c.Text
		c.Function, c.Text = nil, ""
		if !reflect.ValueOf(c).IsZero() {
			return nil, nil, problem.BadRequest("Invalid transformation component - %s: a function that chooses stands alone", written)
		}
	}
	return choice, &left, nil
}

func callsRemote(components []Component) bool {
	return slices.ContainsFunc(components, func(c Component) bool {
		return c.Function != nil && c.Function.Kind == FunctionRemote ||
			c.Branch != nil && (callsRemote(c.Branch.Then) || callsRemote(c.Branch.Else)) ||
			c.Layer != nil && callsRemote(c.Layer.Components)
	})
}

// CallsRemote tells whether the plan calls a remote function.
func (p *Plan) CallsRemote() bool { return callsRemote(p.Components) }

// VisitComponents calls visit for every component in chain order: those inside branches and layers, too, an outer one
// before the ones inside it.
func (p *Plan) VisitComponents(visit func(*Component)) { visitComponents(p.Components, visit) }

func visitComponents(components []Component, visit func(*Component)) {
	for i := range components {
		c := &components[i]
		visit(c)
		if c.Branch != nil {
			visitComponents(c.Branch.Then, visit)
			visitComponents(c.Branch.Else, visit)
		}
		if c.Layer != nil {
			visitComponents(c.Layer.Components, visit)
		}
	}
}
