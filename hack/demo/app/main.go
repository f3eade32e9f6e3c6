// Command app is what an application team would write: it knows nothing but CLOUDINARY_URL, which it got from the
// environment's credentials Secret by envFrom, and the official Go SDK. It uploads a portrait and an icon, builds
// the delivery URL of the onboarding guide's picture with the SDK, and fetches it.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/cloudinary/cloudinary-go/v2"
	"github.com/cloudinary/cloudinary-go/v2/api/uploader"
)

// The guide's picture: the face, rounded and framed, with a half transparent icon in the corner.
const transformation = "c_thumb,g_face,h_200,w_200/r_20,bo_5px_solid_black/l_demo_icon,o_50,w_0.25,fl_relative,g_north_east,y_10,x_10"

func main() {
	portrait := flag.String("portrait", "/photos/portrait.png", "the picture to upload")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	err := run(ctx, *portrait)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, portrait string) error {
	cld, err := cloudinary.New() // reads CLOUDINARY_URL
	if err != nil {
		return fmt.Errorf("reading CLOUDINARY_URL: %w", err)
	}
	if err := upload(ctx, cld, "demo_icon", bytes.NewReader(icon())); err != nil {
		return err
	}
	file, err := os.Open(portrait)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if err := upload(ctx, cld, "front_face", file); err != nil {
		return err
	}

	picture, err := cld.Image("front_face.png")
	if err != nil {
		return fmt.Errorf("building the delivery URL: %w", err)
	}
	picture.Transformation = transformation
	url, err := picture.String()
	if err != nil {
		return fmt.Errorf("building the delivery URL: %w", err)
	}
	config, err := fetch(ctx, url)
	if err != nil {
		return err
	}
	fmt.Printf("delivered %dx%d %s\n", config.Width, config.Height, url)
	return nil
}

func upload(ctx context.Context, cld *cloudinary.Cloudinary, publicID string, file io.Reader) error {
	result, err := cld.Upload.Upload(ctx, file, uploader.UploadParams{PublicID: publicID})
	if err == nil && result.Error.Message != "" {
		err = errors.New(result.Error.Message)
	}
	if err != nil {
		return fmt.Errorf("uploading %s: %w", publicID, err)
	}
	fmt.Printf("uploaded %s (%dx%d %s, %d bytes) as version %d\n", result.PublicID, result.Width, result.Height, result.Format, result.Bytes, result.Version)
	return nil
}

func fetch(ctx context.Context, url string) (image.Config, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return image.Config{}, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return image.Config{}, fmt.Errorf("fetching the picture: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return image.Config{}, fmt.Errorf("fetching %s: %s, %s", url, response.Status, response.Header.Get("X-Cld-Error"))
	}
	config, err := png.DecodeConfig(response.Body)
	if err != nil {
		return image.Config{}, fmt.Errorf("%s is no PNG: %w", url, err)
	}
	return config, nil
}

// icon draws a white ring with a dot, a camera seen from the front, on a transparent ground.
func icon() []byte {
	const size, center = 240, 119.5
	picture := image.NewNRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			dx, dy := float64(x)-center, float64(y)-center
			distance := dx*dx + dy*dy
			if distance < 118*118 && distance > 88*88 || distance < 52*52 {
				picture.SetNRGBA(x, y, color.NRGBA{R: 255, G: 255, B: 255, A: 255})
			}
		}
	}
	var buffer bytes.Buffer
	if err := png.Encode(&buffer, picture); err != nil {
		panic(err) // an in-memory picture of a fixed size always encodes
	}
	return buffer.Bytes()
}
