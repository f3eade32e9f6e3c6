// Command samples draws the sample assets that an environment may begin with, into the folder that the renderer embeds:
//
//	go run ./hack/samples renderer/samples/files
//
// Every file is computed, so that all of them belong to the project. The result is committed; run it again after a
// change here.
package main

import (
	"bytes"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: samples FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "samples:", err)
		os.Exit(1)
	}
}

// run draws every file into folder.
func run(folder string) error {
	for _, file := range []struct {
		name string
		make func() ([]byte, error)
	}{
		{"landscape.jpg", func() ([]byte, error) { return asJPEG(draw(1200, 800, landscape)) }},
		{"night-sky.jpg", func() ([]byte, error) { return asJPEG(draw(800, 1200, nightSky)) }},
		{"still-life.jpg", func() ([]byte, error) { return asJPEG(draw(1200, 900, stillLife)) }},
		{"logo.png", func() ([]byte, error) { return asPNG(draw(600, 600, logo)) }},
		{"swatch.png", func() ([]byte, error) { return asPNG(draw(400, 300, swatch)) }},
		{"spinner.gif", spinner},
		{"readme.txt", func() ([]byte, error) { return []byte(readme), nil }},
	} {
		content, err := file.make()
		if err != nil {
			return fmt.Errorf("drawing %s: %w", file.name, err)
		}
		if err := os.WriteFile(filepath.Join(folder, file.name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func asJPEG(picture image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, picture, &jpeg.Options{Quality: 88})
	return b.Bytes(), err
}

func asPNG(picture image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, picture)
	return b.Bytes(), err
}

// spinner is an animation of twelve pictures that runs for ever.
func spinner() ([]byte, error) {
	const size, frames = 120, 12
	animation := &gif.GIF{}
	for frame := range frames {
		picture := image.NewPaletted(image.Rect(0, 0, size, size), greys())
		turned := spokes(float64(frame) / frames)
		smooth := draw(size, size, turned)
		for y := range size {
			for x := range size {
				picture.Set(x, y, smooth.At(x, y))
			}
		}
		animation.Image = append(animation.Image, picture)
		animation.Delay = append(animation.Delay, 8)
		animation.Disposal = append(animation.Disposal, gif.DisposalNone)
	}
	var b bytes.Buffer
	err := gif.EncodeAll(&b, animation)
	return b.Bytes(), err
}

const readme = `Sample assets of Darkroom

Everything below samples/ came with this environment, for a first try of transformations and of the console. It counts
towards no quota. Delete what you do not need: nothing of it comes back.

samples/landscape    a wide picture, 3:2
samples/night-sky    a tall picture, 2:3, dark
samples/still-life   shapes, shadows and strong colours, 4:3
samples/logo         a picture with a transparent background
samples/swatch       one flat colour
samples/spinner      an animation
samples/readme.txt   this text, a raw file
`
