package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"sigs.k8s.io/yaml"
)

// definition is what the reference shows of a CustomResourceDefinition.
type definition struct {
	Spec struct {
		Group string `json:"group"`
		Scope string `json:"scope"`
		Names struct {
			Kind       string   `json:"kind"`
			Singular   string   `json:"singular"`
			Plural     string   `json:"plural"`
			ShortNames []string `json:"shortNames"`
			Categories []string `json:"categories"`
		} `json:"names"`
		Versions []version `json:"versions"`
	} `json:"spec"`
}

type version struct {
	Name   string `json:"name"`
	Schema struct {
		Root schema `json:"openAPIV3Schema"`
	} `json:"schema"`
}

// schema is a node of an OpenAPI schema, as far as structural schemas use it.
type schema struct {
	Description     string            `json:"description"`
	Type            string            `json:"type"`
	Format          string            `json:"format"`
	Properties      map[string]schema `json:"properties"`
	Required        []string          `json:"required"`
	Items           *schema           `json:"items"`
	Additional      *schema           `json:"additionalProperties"`
	Enum            []any             `json:"enum"`
	Pattern         string            `json:"pattern"`
	Minimum         *float64          `json:"minimum"`
	Maximum         *float64          `json:"maximum"`
	MinLength       *int64            `json:"minLength"`
	MaxLength       *int64            `json:"maxLength"`
	MinItems        *int64            `json:"minItems"`
	MaxItems        *int64            `json:"maxItems"`
	MaxProperties   *int64            `json:"maxProperties"`
	IntOrString     bool              `json:"x-kubernetes-int-or-string"`
	PreserveUnknown bool              `json:"x-kubernetes-preserve-unknown-fields"`
	ListType        string            `json:"x-kubernetes-list-type"`
	ListMapKeys     []string          `json:"x-kubernetes-list-map-keys"`
	Rules           []struct {
		Message string `json:"message"`
		Rule    string `json:"rule"`
	} `json:"x-kubernetes-validations"`
}

// readDefinitions reads every YAML file of folder, ordered by kind.
func readDefinitions(folder string) ([]definition, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", folder, err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s holds no definitions: generate them first", folder)
	}
	definitions := make([]definition, 0, len(files))
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading a definition: %w", err)
		}
		var d definition
		if err := yaml.Unmarshal(content, &d); err != nil {
			return nil, fmt.Errorf("parsing %s: %w", file, err)
		}
		if d.Spec.Names.Kind == "" || len(d.Spec.Versions) == 0 {
			return nil, fmt.Errorf("%s is no CustomResourceDefinition", file)
		}
		definitions = append(definitions, d)
	}
	slices.SortFunc(definitions, func(a, b definition) int { return cmp.Compare(a.Spec.Names.Kind, b.Spec.Names.Kind) })
	return definitions, nil
}
