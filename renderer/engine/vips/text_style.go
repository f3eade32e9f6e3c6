package vips

import (
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/engine/typeset"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

const (
	// defaultFont is what a text is set in when its font is not there.
	defaultFont = "sans-serif"
	// maxFontSize bounds font sizes, spacings and outlines, in pixels.
	maxFontSize = 10_000
	// maxTextLength bounds what all letters of a text may take in one line, in pixels: Pango's numbers end at two million.
	maxTextLength = 1_000_000
)

// weights are the weights that have names.
var weights = map[string]int{"": 400, "thin": 100, "light": 300, "bold": 700}

// alignments are those of a style by name.
var alignments = map[string]typeset.Align{
	"": typeset.AlignLeft, "center": typeset.AlignCenter, "right": typeset.AlignRight, "start": typeset.AlignStart,
	"end": typeset.AlignEnd, "justify": typeset.AlignJustify,
}

// antialiasing and hinting are the hints of a style by name. An empty name is the default.
var (
	antialiasing = map[string]typeset.Antialias{
		"none": typeset.AntialiasNone, "gray": typeset.AntialiasGray, "subpixel": typeset.AntialiasSubpixel,
		"fast": typeset.AntialiasFast, "good": typeset.AntialiasGood, "best": typeset.AntialiasBest,
	}
	hinting = map[string]typeset.Hinting{
		"none": typeset.HintingNone, "slight": typeset.HintingSlight, "medium": typeset.HintingMedium, "full": typeset.HintingFull,
	}
)

// setting is a style in numbers. Its font, when it was uploaded, is to be closed.
type setting struct {
	typeset.Style
	// stroke says that a border is the outline of the letters.
	stroke bool
	// outline is that border where the style has one itself.
	outline *transform.Border
}

// textStyle puts the text and the style of a layer into numbers.
func (j *job) textStyle(l *transform.Layer) (*setting, error) {
	text, err := l.ExpandText(j.variables)
	if err != nil {
		return nil, err
	}
	written, err := l.Style.Resolve(j.variables, j.storedStyle)
	if err != nil {
		return nil, err
	}
	size, _, err := j.value(&written.Size)
	if err != nil {
		return nil, err
	}
	s := &setting{stroke: written.Stroke, outline: written.Outline, Style: typeset.Style{
		Text: strings.ReplaceAll(text, "\r\n", "\n"), Size: size * j.dpr, Italic: written.Italic,
		Underline: written.Decoration == "underline", Strikethrough: written.Decoration == "strikethrough",
		Align: alignments[written.Align], LetterSpacing: written.LetterSpacing * j.dpr, LineSpacing: written.LineSpacing * j.dpr,
		Antialias: antialiasing[written.Antialias], Hinting: hinting[written.Hinting],
	}}
	var named bool
	if s.Weight, named = weights[written.Weight]; !named {
		if s.Weight, err = strconv.Atoi(written.Weight); err != nil {
			return nil, problem.BadRequest("Invalid font weight - %s", written.Weight)
		}
	}
	if err := checkStyle(&s.Style); err != nil {
		return nil, err
	}
	return s, j.chooseFont(&s.Style, written)
}

// storedStyle is the style of a text asset that came with the request.
func (j *job) storedStyle(publicID string) (string, error) {
	style, ok := j.request.Styles[publicID]
	if !ok {
		return "", problem.NotFound("Resource not found - %s", publicID)
	}
	return style.Style, nil
}

// checkStyle keeps a text in what Pango can count.
func checkStyle(s *typeset.Style) error {
	if s.Size <= 0 || s.Size > maxFontSize {
		return problem.BadRequest("Invalid font size - %s", formatFloat(s.Size))
	}
	for _, spacing := range []float64{s.LetterSpacing, s.LineSpacing} {
		if math.Abs(spacing) > maxFontSize {
			return problem.BadRequest("Invalid text spacing - %s", formatFloat(spacing))
		}
	}
	each := 2*s.Size + math.Abs(s.LetterSpacing) + math.Abs(s.LineSpacing)
	if letters := utf8.RuneCountInString(s.Text); float64(letters)*each > maxTextLength {
		return problem.BadRequest("Text layer is too large: %d characters of size %s", letters, formatFloat(s.Size))
	}
	return nil
}

// chooseFont finds the installed family, or adds the uploaded font.
func (j *job) chooseFont(s *typeset.Style, written *transform.TextStyle) error {
	if id := written.FontFile(); id != "" {
		font, err := j.uploadedFont(id)
		s.Font = font
		return err
	}
	name := strings.TrimSuffix(written.Font, "@google")
	family, ok := j.worker.setter.Family(name)
	if !ok && !j.request.StrictFonts {
		family, ok = j.worker.setter.Family(defaultFont)
	}
	if !ok {
		return problem.BadRequest("Unknown font - %s", name)
	}
	s.Family = family
	return nil
}

// uploadedFont adds a font that came with the request.
func (j *job) uploadedFont(id string) (*typeset.Font, error) {
	asset, ok := j.request.Layers[engine.FontKey(id)]
	if !ok {
		return nil, problem.NotFound("Resource not found - %s", id)
	}
	info, err := asset.File.Stat()
	if err != nil {
		return nil, problem.Failed(err)
	}
	if info.Size() > typeset.MaxFont {
		return nil, problem.BadRequest("Invalid font - %s", id)
	}
	content := make([]byte, info.Size())
	if _, err := io.ReadFull(io.NewSectionReader(asset.File, 0, info.Size()), content); err != nil {
		return nil, problem.Failed(err)
	}
	font, err := j.worker.setter.AddFont(content)
	if errors.Is(err, typeset.ErrFont) {
		return nil, problem.BadRequest("Invalid font - %s", id)
	}
	if err != nil {
		return nil, problem.Failed(err)
	}
	return font, nil
}

func formatFloat(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
