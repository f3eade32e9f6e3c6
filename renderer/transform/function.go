package transform

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

// Kinds of custom function.
const (
	FunctionWASM   = "wasm"
	FunctionRemote = "remote"
)

// Function is fn_: a program of the user's that makes a picture of the picture.
type Function struct {
	// Kind is one of the Function constants.
	Kind string `json:"kind"`
	// Source is the public ID of a WebAssembly module, with slashes and extension, or the URL of a remote function.
	Source string `json:"source"`
	// Before is fn_pre: the function gets the original, before everything else.
	Before bool `json:"before,omitempty"`
}

// functionAddons are the kinds of function that need what no deployment has by itself.
var functionAddons = map[string]string{
	"select": "selection of assets by jq", "refine": "filtering of lists by jq", "render": "custom video rendering",
}

// readFunction reads fn_: <kind>:<source>, or pre:remote:<source>.
func readFunction(d *draft, value string) error {
	f := &Function{}
	rest, before := strings.CutPrefix(value, "pre:")
	f.Before = before
	kind, source, ok := strings.Cut(rest, ":")
	if addon := functionAddons[kind]; addon != "" {
		return unavailable("fn_"+kind, addon)
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

// String is the canonical spelling, as it follows fn_, not yet percent-encoded.
func (f *Function) String() string {
	if f.Kind == FunctionRemote {
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
		remote := c.Function != nil && c.Function.Kind == FunctionRemote
		if remote && c.If != nil || slices.ContainsFunc(inside, callsRemote) {
			return problem.BadRequest("fn_remote cannot be used in a layer or under a condition")
		}
	}
	return nil
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
