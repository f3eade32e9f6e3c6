package transform

import (
	"encoding/json"
	"strings"
)

// maxShape bounds the text of a shape, in bytes.
const maxShape = 240

// Shape is the canonical spelling of the plan for a format with * in the place of what differs between pictures made
// alike: layers' IDs and texts, strings held by variables, placeholders and file names. Plans of one shape cost about the
// same; it holds no name of an asset and no text that somebody wrote. It is cut when it is very long.
func (p *Plan) Shape(format string) string {
	// Plans cross a socket as JSON: what is copied so shares nothing.
	text, err := json.Marshal(p)
	if err != nil {
		return "*"
	}
	var shape Plan
	if err := json.Unmarshal(text, &shape); err != nil {
		return "*"
	}
	shape.VisitLayers(func(layer *Layer) {
		if layer.Kind != LayerVariable {
			layer.ID = "*"
		}
		if layer.Text != "" {
			layer.Text = "*"
		}
	})
	maskStrings(shape.Components)
	shape.Output.maskNames()
	shape.Output.Format, shape.Output.Auto = format, ""
	spelled := shape.String()
	if len(spelled) > maxShape {
		spelled = strings.ToValidUTF8(spelled[:maxShape], "") + "..."
	}
	return spelled
}

func maskStrings(components []Component) {
	for i := range components {
		c := &components[i]
		if c.Function != nil {
			c.Function.Source = "*"
		}
		for j := range c.Set {
			value := &c.Set[j].Value
			if len(value.Strings) > 0 {
				value.Strings = []string{"*"}
			}
			if strings.HasPrefix(value.Name, "ref:") {
				value.Name = "ref:*"
			}
		}
		if c.Output != nil {
			c.Output.maskNames()
		}
		if c.Branch != nil {
			maskCondition(&c.Branch.If)
			maskStrings(c.Branch.Then)
			maskStrings(c.Branch.Else)
		}
		if c.If != nil {
			maskCondition(c.If)
		}
		if c.Layer != nil {
			maskStrings(c.Layer.Components)
		}
	}
}

func maskCondition(c *Condition) {
	for _, all := range c.AnyOf {
		for i := range all {
			for _, operand := range []*Operand{&all[i].Left, all[i].Right} {
				if operand != nil && len(operand.Strings) > 0 {
					operand.Strings = []string{"*"}
				}
			}
		}
	}
}

func (o *Output) maskNames() {
	if o.Default != "" {
		o.Default = "*"
	}
	for i, flag := range o.Flags {
		if name, _, ok := strings.Cut(flag, ":"); ok && (name == "attachment" || name == "streaming_attachment") {
			o.Flags[i] = name
		}
	}
}
