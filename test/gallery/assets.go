package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"image/gif"
	_ "image/jpeg" // two of the photos
	"image/png"
	"math"
	"os"
	"path/filepath"

	"github.com/cloudinary/cloudinary-go/v2/api/uploader"

	"github.com/darkroom-media/darkroom/renderer/engine/wasm/wasmtest"
	"github.com/darkroom-media/darkroom/test/standalone"
)

// The photos that are shown, and what is drawn beside them.
const (
	portrait  = "astronaut.png"
	table     = "coffee.png"
	landscape = "Dragonfly_by_Bolly.jpg"

	badge   = "badge"   // a disc with a hole, on transparent ground
	waves   = "waves"   // grey slopes to displace pixels by
	collage = "collage" // parts of three photos between white gutters
	moving  = "moving"  // an animation of twelve frames, a second and a half long
)

// uploadAll gives the renderer all that the sections name.
func uploadAll(ctx context.Context, renderer *standalone.Renderer) error {
	photos := map[string]image.Image{}
	for _, name := range []string{portrait, table, landscape} {
		content, err := os.ReadFile(filepath.Join(photoDirectory(), name))
		if err != nil {
			return fmt.Errorf("%w (run `make photos`)", err)
		}
		if photos[name], _, err = image.Decode(bytes.NewReader(content)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := renderer.Upload(ctx, publicID(name), bytes.NewReader(content), uploader.UploadParams{}); err != nil {
			return err
		}
	}
	for name, drawn := range map[string]image.Image{badge: drawBadge(), waves: drawWaves(), collage: compose(photos)} {
		var content bytes.Buffer
		if err := errors.Join(png.Encode(&content, drawn), renderer.Upload(ctx, name, &content, uploader.UploadParams{})); err != nil {
			return err
		}
	}
	var film bytes.Buffer
	if err := errors.Join(gif.EncodeAll(&film, pan(photos[table])), renderer.Upload(ctx, moving, &film, uploader.UploadParams{})); err != nil {
		return err
	}
	return errors.Join(
		renderer.Upload(ctx, "invert.wasm", bytes.NewReader(wasmtest.Invert()), uploader.UploadParams{ResourceType: "raw", Type: "authenticated"}),
		renderer.Upload(ctx, "warm.cube", bytes.NewReader([]byte(warmTable)), uploader.UploadParams{ResourceType: "raw"}),
	)
}

// warmTable is a look-up table of colours that lifts red and lowers blue.
const warmTable = "LUT_3D_SIZE 2\n.1 .05 0\n1 .1 0\n.15 .95 0\n1 1 .1\n.1 .05 .7\n1 .1 .7\n.15 .95 .7\n1 .95 .75\n"

func drawBadge() image.Image {
	const side = 200
	drawn := image.NewNRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			if r := math.Hypot(float64(x)-side/2, float64(y)-side/2); r < 95 && r > 40 {
				drawn.SetNRGBA(x, y, color.NRGBA{R: 235, G: uint8(90 + y/2), B: 40, A: 255})
			}
		}
	}
	return drawn
}

func drawWaves() image.Image {
	drawn := image.NewGray(image.Rect(0, 0, 360, 360))
	for y := range 360 {
		for x := range 360 {
			drawn.SetGray(x, y, color.Gray{Y: uint8(128 + 120*math.Sin(float64(x)/18)*math.Cos(float64(y)/25))})
		}
	}
	return drawn
}

// compose lays the middles of the photos beside each other.
func compose(photos map[string]image.Image) image.Image {
	drawn := image.NewNRGBA(image.Rect(0, 0, 600, 400))
	draw.Draw(drawn, drawn.Bounds(), image.White, image.Point{}, draw.Src)
	for name, tile := range map[string]image.Rectangle{
		table: image.Rect(10, 10, 390, 390), portrait: image.Rect(400, 10, 590, 195), landscape: image.Rect(400, 205, 590, 390),
	} {
		middle := photos[name].Bounds().Size().Sub(tile.Size()).Div(2)
		draw.Draw(drawn, tile, photos[name], photos[name].Bounds().Min.Add(middle), draw.Src)
	}
	return drawn
}

// pan is a walk along the photo.
func pan(photo image.Image) *gif.GIF {
	film := &gif.GIF{}
	for i := range 12 {
		frame := image.NewPaletted(image.Rect(0, 0, 240, 200), palette.Plan9)
		draw.FloydSteinberg.Draw(frame, frame.Bounds(), photo, photo.Bounds().Min.Add(image.Pt(40+i*20, 90)))
		film.Image, film.Delay = append(film.Image, frame), append(film.Delay, 12)
	}
	return film
}

func photoDirectory() string {
	if path := os.Getenv("DARKROOM_PHOTOS"); path != "" {
		return path
	}
	return filepath.Join(".cache", "photos")
}
