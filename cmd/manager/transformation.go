package main

import "github.com/darkroom-media/darkroom/renderer/transform"

// parseTransformation reads the text of a named transformation as the renderers do. Which other names there are, they
// know when it is used.
func parseTransformation(text string) error {
	_, err := transform.ParseStored(text, func(string) (string, bool) { return "", true })
	return err
}
