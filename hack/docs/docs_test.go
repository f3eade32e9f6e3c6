package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const shelf = `
spec:
  group: media.darkroom.dev
  names: {kind: Shelf, singular: shelf, plural: shelves, shortNames: [sh]}
  versions:
  - name: v1
    schema:
      openAPIV3Schema:
        description: |-
          Shelf holds
          books.
        properties:
          spec:
            description: spec is the wish.
            required: [books]
            properties:
              books:
                description: books are <title> by title.
                type: array
                maxItems: 7
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [title]
                items:
                  description: Book is one.
                  type: object
                  properties:
                    title: {description: title of the book., type: string, minLength: 1, maxLength: 9, pattern: a|b}
              width: {description: width of the shelf., x-kubernetes-int-or-string: true, pattern: long}
              state: {description: state of the shelf., type: string, enum: [full, empty]}
            x-kubernetes-validations:
            - {rule: self.ok, message: a shelf needs books}
`

func TestAPageShowsEveryFieldWithTypeBoundsAndDescription(t *testing.T) {
	in, out := t.TempDir(), filepath.Join(t.TempDir(), "reference")
	if err := os.WriteFile(filepath.Join(in, "shelf.yaml"), []byte(shelf), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(in, out); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(out, "shelf.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Shelf holds books.\n",
		"- a shelf needs books\n",
		"| `books`<br>required | list of object by title | books are &lt;title> by title.<br>*at most 7 entries* |\n",
		"## spec.books[]\n\nBook is one.\n",
		"| `title` | string | title of the book.<br>*1 to 9 characters; matches `a\\|b`* |\n",
		"| `width` | quantity | width of the shelf. |\n",
		"| `state` | string | state of the shelf.<br>*one of `full`, `empty`* |\n",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	index, err := os.ReadFile(filepath.Join(out, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "| [Shelf](shelf.md) | `sh` | Shelf holds books. |\n"; !strings.Contains(string(index), want) {
		t.Errorf("the list lacks %q:\n%s", want, index)
	}
}

func TestWhatIsNoDefinitionIsNamed(t *testing.T) {
	in := t.TempDir()
	if err := run(in, t.TempDir()); err == nil || !strings.Contains(err.Error(), in) {
		t.Errorf("an empty folder gives %v", err)
	}
	if err := os.WriteFile(filepath.Join(in, "kustomization.yaml"), []byte("resources: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(in, t.TempDir()); err == nil || !strings.Contains(err.Error(), "kustomization.yaml") {
		t.Errorf("a file that is no definition gives %v", err)
	}
}
