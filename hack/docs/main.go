// Command docs writes the reference of the custom resources, one Markdown page for each kind, from the generated CRDs.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	crds := flag.String("crds", "config/crd/bases", "folder of the generated CustomResourceDefinitions")
	out := flag.String("out", "docs/reference", "folder that the pages are written to")
	flag.Parse()
	if err := run(*crds, *out); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// run writes a page for each definition and the page that lists them.
func run(crds, out string) error {
	definitions, err := readDefinitions(crds)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return fmt.Errorf("making the folder of the reference: %w", err)
	}
	for i := range definitions {
		page := filepath.Join(out, definitions[i].Spec.Names.Singular+".md")
		if err := os.WriteFile(page, kindPage(&definitions[i]), 0o644); err != nil {
			return fmt.Errorf("writing the page of %s: %w", definitions[i].Spec.Names.Kind, err)
		}
	}
	if err := os.WriteFile(filepath.Join(out, "README.md"), indexPage(definitions), 0o644); err != nil {
		return fmt.Errorf("writing the list of kinds: %w", err)
	}
	return nil
}
