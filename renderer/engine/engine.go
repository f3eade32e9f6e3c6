// Package engine is the protocol between the renderer and the engine, and the client side of it. The engine is
// the process that decodes: it holds no keys, has no network, and may be killed at any time. Bytes travel as
// file descriptors over a unix socket; one connection carries one job.
package engine

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"github.com/darkroom-media/darkroom/renderer/engine/internal/wire"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// Engine probes and renders pictures. Implementations are safe for concurrent use. Errors are *problem.Problem:
// 400 for bytes that are no picture or a plan that cannot be applied, transient ones for crashes (500),
// deadlines (504) and a full queue (429).
type Engine interface {
	// Probe tells what the bytes of file are, from the header; it decodes pixels only where that is what it takes to prove
	// that the picture is whole (ProbeRequest.Verify). The file's offset is not used and not moved.
	Probe(ctx context.Context, request ProbeRequest) (*ProbeResult, error)
	// Render applies a plan to a picture. The caller closes Result.Output and Result.Mezzanine.
	Render(ctx context.Context, request *RenderRequest) (*RenderResult, error)
	// Script runs a program that an upload brings along. What is wrong with it is a 400 whose message says so.
	Script(ctx context.Context, request *ScriptRequest) (*ScriptResult, error)
	// Assemble makes one file of several pictures. The caller closes Result.Output.
	Assemble(ctx context.Context, request *AssembleRequest) (*RenderResult, error)
	// Analyse looks at a picture. The file's offset is not used and not moved.
	Analyse(ctx context.Context, request AnalyseRequest) (*Analysis, error)
	// Video tells what a file of moving pictures or of sound is, by its header. The file's offset is not used and not moved.
	Video(ctx context.Context, request VideoRequest) (*Video, error)
	// Frame makes a picture (png) of a frame of a video. The caller closes Result.Output.
	Frame(ctx context.Context, request *FrameRequest) (*RenderResult, error)
	// Slideshow makes a video of pictures. The caller closes Result.Output. It takes minutes, and is for jobs.
	Slideshow(ctx context.Context, request *SlideshowRequest) (*RenderResult, error)
}

// Limits are checked on the header of every input, before decoding, and on the size of every intermediate
// and final canvas. Zero means the default of the engine.
type Limits struct {
	// MaxInputPixels bounds width × height × pages of an input.
	MaxInputPixels int64 `json:"maxInputPixels,omitempty"`
	// MaxOutputPixels bounds width × height of an intermediate or final canvas (times frames: MaxInputPixels).
	MaxOutputPixels int64 `json:"maxOutputPixels,omitempty"`
	// Deadline is the wall time after which the child is killed.
	Deadline time.Duration `json:"deadline,omitempty"`
}

// ProbeRequest asks what a file is.
type ProbeRequest struct {
	File *os.File `json:"-"`
	// Verify finds truncated files, by their structure where the format has one that tells, else by decoding all of it.
	Verify bool   `json:"verify,omitempty"`
	Limits Limits `json:"limits"`
}

// ProbeResult describes a picture. Width and height are after EXIF orientation.
type ProbeResult struct {
	// Format is the canonical format name: jpg, png, webp, gif, avif, heic, svg, pdf, tiff, bmp, ico, psd, jxl.
	Format string `json:"format"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	// Pages is the number of pages or frames, at least 1.
	Pages int `json:"pages"`
	// Alpha says that the picture has an alpha channel.
	Alpha bool `json:"alpha,omitempty"`
	// Orientation is the EXIF orientation, 1..8.
	Orientation int `json:"orientation,omitempty"`
	// ColorSpace is the interpretation of the stored pixels: srgb, gray, cmyk, ...
	ColorSpace string `json:"colorSpace,omitempty"`
}

// Source is a picture that a plan reads: the base or the asset of a layer.
type Source struct {
	File *os.File `json:"-"`
	// Format, Width and Height are what the library knows of it; zero when unknown.
	Format string `json:"format,omitempty"`
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
	// Faces are stored face coordinates (x, y, w, h) of the oriented original; they override detection.
	Faces [][4]int `json:"faces,omitempty"`
	// Custom are stored custom coordinates.
	Custom [][4]int `json:"custom,omitempty"`
	// Regions are named parts: the corners (x, y) of a polygon, or two opposite ones of a rectangle.
	Regions map[string][][2]int `json:"regions,omitempty"`
	// PublicID, Tags, Context and Metadata feed conditions and variables.
	PublicID string            `json:"publicID,omitempty"`
	Tags     []string          `json:"tags,omitempty"`
	Context  map[string]string `json:"context,omitempty"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

// RenderRequest is a plan with everything it needs, resolved: no name is left to look up.
type RenderRequest struct {
	Plan   transform.Plan `json:"plan"`
	Source Source         `json:"source"`
	// Mezzanine is what an earlier job made of the same source (RenderResult.Mezzanine); nil when there is none. The pixels of
	// the first resize come from it where that cannot be seen. One that is damaged is left aside.
	Mezzanine *os.File `json:"-"`
	// MakeMezzanine asks for one as a by-product; the engine makes none of sources that it would not be worth while for, and
	// none when the plan did not have the source scaled.
	MakeMezzanine bool `json:"makeMezzanine,omitempty"`
	// Layers holds the assets that image and fetch layers name, by LayerKey, the fonts that text layers name, by FontKey, and
	// the modules and colour profiles that components name, by FileKey.
	Layers map[string]Source `json:"layers,omitempty"`
	// Styles holds the styles of the text assets that text layers name, by public ID.
	Styles map[string]TextStyle `json:"styles,omitempty"`
	// Format is the resolved output format: jpg, png, webp, gif, avif.
	Format string `json:"format"`
	// StrictFonts refuses a text in a font that there is not; otherwise it is set in the default font.
	StrictFonts bool   `json:"strictFonts,omitempty"`
	Limits      Limits `json:"limits"`
}

// TextStyle is how text is set, each part as it is written in a text layer. Colours that are empty are those of the layer.
type TextStyle struct {
	Style      string `json:"style"`
	Color      string `json:"color,omitempty"`
	Background string `json:"background,omitempty"`
}

// LayerKey is the key of a layer's asset in RenderRequest.Layers: "<type>/<id>", fetch layers "fetch/<url>".
func LayerKey(layer *transform.Layer) string { return layer.Type + "/" + layer.ID }

// FontKey is the key of an uploaded font in RenderRequest.Layers: "font/<public id>".
func FontKey(publicID string) string { return "font/" + publicID }

// FileKey is the key of a custom function's module or a colour profile in RenderRequest.Layers: "file/<public id>".
func FileKey(publicID string) string { return "file/" + publicID }

// ScriptRequest is a program in JavaScript, or a filter in jq (jqlang.org).
type ScriptRequest struct {
	Source string `json:"source"`
	// Language is transform.LanguageJQ for a filter that takes the variable "input"; Returns is not used then, and what comes back is the
	// list of its results. Empty means JavaScript.
	Language string `json:"language,omitempty"`
	// Variables are global to the program, by name, as JSON.
	Variables map[string]json.RawMessage `json:"variables,omitempty"`
	// Prelude is a program of ours that runs before Source, so that lines and columns of what is wrong with that are its own. Filters have
	// none.
	Prelude string `json:"prelude,omitempty"`
	// Returns is the name of the variable that is given back.
	Returns string `json:"returns"`
}

// ScriptResult is what a program leaves behind.
type ScriptResult struct {
	// Value is the variable, as JSON; null where the program has made it undefined.
	Value json.RawMessage `json:"value"`
}

// MaxAssembled bounds the pictures of an assembly: so many descriptors travel with a job.
const MaxAssembled = wire.MaxFiles - 2

// AssembleRequest asks for a file with several pictures: an animation (gif, webp, png) that shows one after the other in the
// middle of a canvas that holds them all, or a document (pdf) with a page for each. They are scaled down where all together have
// more pixels than an input may have.
type AssembleRequest struct {
	Files []*os.File `json:"-"`
	// Format is gif, webp, png or pdf.
	Format string `json:"format"`
	// Delay is how long each picture of an animation is shown, in milliseconds; zero means 100.
	Delay  int    `json:"delay,omitempty"`
	Limits Limits `json:"limits"`
}

// RenderResult is a rendered picture.
type RenderResult struct {
	// Output holds the encoded bytes from offset 0; the caller closes it.
	Output *os.File `json:"-"`
	Bytes  int64    `json:"bytes"`
	// Mezzanine holds smaller copies of the source, for later jobs, from offset 0; nil when none was made. What is in it is
	// the business of the engine.
	Mezzanine      *os.File `json:"-"`
	MezzanineBytes int64    `json:"mezzanineBytes,omitempty"`
	// MezzanineDamaged says that the mezzanine of the request was left aside because something is wrong with it.
	MezzanineDamaged bool   `json:"mezzanineDamaged,omitempty"`
	Format           string `json:"format"`
	Width            int    `json:"width"`
	Height           int    `json:"height"`
	Pages            int    `json:"pages,omitempty"`
	// CPU is the processor time that the child spent.
	CPU time.Duration `json:"cpu"`
	// Input is the picture that went in.
	Input ProbeResult `json:"input"`
	// Trace has a line per step that did something.
	Trace []Step `json:"trace,omitempty"`
}

// Step is one line of the explanation of a rendering.
type Step struct {
	// Component is the canonical text of the component the step belongs to.
	Component string `json:"component"`
	// Name is the step's name ("resize", "radius", "layer").
	Name string `json:"name"`
	// Width and Height are those of the picture after the step.
	Width  int `json:"width"`
	Height int `json:"height"`
	// Crop is the rectangle (x, y, w, h) of the component's input that was kept, when the step cropped.
	Crop *[4]int `json:"crop,omitempty"`
	// Mezzanine is the width and height of the smaller copy of the source that the pixels were taken from, when they were.
	Mezzanine *[2]int `json:"mezzanine,omitempty"`
}
