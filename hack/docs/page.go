package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

const generated = "<!-- Generated from config/crd/bases by `make manifests`. Do not edit. -->\n\n"

// indexPage lists the kinds.
func indexPage(definitions []definition) []byte {
	var page bytes.Buffer
	page.WriteString(generated)
	page.WriteString("# Custom resources\n\n")
	fmt.Fprintf(&page, "All kinds are namespaced, of the group `%s`, and in the category `darkroom`: `kubectl get darkroom` lists them.\n\n", definitions[0].Spec.Group)
	page.WriteString("| Kind | Short name | What it is |\n|---|---|---|\n")
	for i := range definitions {
		names, root := &definitions[i].Spec.Names, &definitions[i].Spec.Versions[0].Schema.Root
		fmt.Fprintf(&page, "| [%s](%s.md) | `%s` | %s |\n", names.Kind, names.Singular, strings.Join(names.ShortNames, "`, `"), cell(root.Description))
	}
	return page.Bytes()
}

// kindPage tells everything about one kind: every field with type, bounds and description.
func kindPage(d *definition) []byte {
	var page bytes.Buffer
	page.WriteString(generated)
	fmt.Fprintf(&page, "# %s\n", d.Spec.Names.Kind)
	for i := range d.Spec.Versions {
		v := &d.Spec.Versions[i]
		fmt.Fprintf(&page, "\n`%s/%s`, short name `%s`.\n\n%s\n", d.Spec.Group, v.Name, strings.Join(d.Spec.Names.ShortNames, "`, `"), paragraph(v.Schema.Root.Description))
		rules(&page, &v.Schema.Root)
		for _, part := range []string{"spec", "status"} {
			if node, ok := v.Schema.Root.Properties[part]; ok {
				section(&page, part, &node)
			}
		}
	}
	return page.Bytes()
}

// section writes the fields of the object at path, then those of the objects in it.
func section(page *bytes.Buffer, path string, node *schema) {
	fmt.Fprintf(page, "\n## %s\n\n%s\n", path, paragraph(node.Description))
	rules(page, node)
	page.WriteString("\n| Field | Type | Description |\n|---|---|---|\n")
	names := slices.Sorted(maps.Keys(node.Properties))
	for _, name := range names {
		child := node.Properties[name]
		title := "`" + name + "`"
		if slices.Contains(node.Required, name) {
			title += "<br>required"
		}
		fmt.Fprintf(page, "| %s | %s | %s |\n", title, typeOf(&child), describe(&child))
	}
	for _, name := range names {
		child := node.Properties[name]
		switch {
		case len(child.Properties) > 0:
			section(page, path+"."+name, &child)
		case child.Items != nil && len(child.Items.Properties) > 0:
			section(page, path+"."+name+"[]", child.Items)
		}
	}
}

// rules lists what the API server checks beyond the types of the fields.
func rules(page *bytes.Buffer, node *schema) {
	if len(node.Rules) == 0 {
		return
	}
	page.WriteString("\nRules:\n\n")
	for _, rule := range node.Rules {
		fmt.Fprintf(page, "- %s\n", paragraph(rule.Message))
	}
}

// typeOf names the type of a field as a reader of YAML would.
func typeOf(node *schema) string {
	switch {
	case node.IntOrString:
		return "quantity"
	case node.Type == "array" && node.ListType == "set":
		return "set of " + typeOf(node.Items)
	case node.Type == "array" && len(node.ListMapKeys) > 0:
		return "list of " + typeOf(node.Items) + " by " + strings.Join(node.ListMapKeys, ", ")
	case node.Type == "array":
		return "list of " + typeOf(node.Items)
	case node.Type == "object" && node.Additional != nil:
		return "map to " + typeOf(node.Additional)
	case node.Type == "object" && node.PreserveUnknown:
		return "any object"
	case node.Format == "date-time":
		return "time"
	}
	return node.Type
}

// describe joins the description of a field with its bounds.
func describe(node *schema) string {
	sentences := []string{cell(node.Description)}
	for _, rule := range node.Rules {
		sentences = append(sentences, "Rule: "+cell(rule.Message)+".")
	}
	text := strings.Join(sentences, " ")
	bounds := boundsOf(node)
	if node.Items != nil {
		for _, bound := range boundsOf(node.Items) {
			bounds = append(bounds, "each "+bound)
		}
	}
	if len(bounds) > 0 {
		text += "<br>*" + strings.Join(bounds, "; ") + "*"
	}
	return text
}

func boundsOf(node *schema) []string {
	var bounds []string
	if len(node.Enum) > 0 {
		values := make([]string, 0, len(node.Enum))
		for _, value := range node.Enum {
			values = append(values, fmt.Sprintf("`%v`", value))
		}
		bounds = append(bounds, "one of "+strings.Join(values, ", "))
	}
	bounds = appendRange(bounds, "", whole(node.Minimum), whole(node.Maximum))
	bounds = appendRange(bounds, " characters", node.MinLength, node.MaxLength)
	bounds = appendRange(bounds, " entries", node.MinItems, node.MaxItems)
	bounds = appendRange(bounds, " entries", nil, node.MaxProperties)
	if node.Pattern != "" && !node.IntOrString {
		bounds = append(bounds, "matches `"+strings.ReplaceAll(node.Pattern, "|", `\|`)+"`")
	}
	return bounds
}

// whole makes a bound of an integer out of a JSON number.
func whole(number *float64) *int64 {
	if number == nil {
		return nil
	}
	return new(int64(*number))
}

func appendRange(bounds []string, unit string, least, most *int64) []string {
	switch {
	case least == nil && most == nil:
		return bounds
	case least == nil:
		return append(bounds, "at most "+strconv.FormatInt(*most, 10)+unit)
	case most == nil:
		return append(bounds, "at least "+strconv.FormatInt(*least, 10)+unit)
	}
	return append(bounds, fmt.Sprintf("%d to %d%s", *least, *most, unit))
}

// cell makes a text fit for a cell of a table.
func cell(text string) string {
	return strings.ReplaceAll(paragraph(text), "|", `\|`)
}

// paragraph puts a text on one line, and keeps its angle brackets from being taken for tags.
func paragraph(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "<", "&lt;")
}
