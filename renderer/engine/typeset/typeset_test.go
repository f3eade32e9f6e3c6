package typeset

import (
	"bytes"
	"errors"
	"image"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

var shared = sync.OnceValues(New)

func setter(t *testing.T) *Setter {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func set(t *testing.T, style Style) *Text {
	t.Helper()
	if style.Family == "" {
		style.Family = "Liberation Sans"
	}
	if style.Weight == 0 {
		style.Weight = 400
	}
	text, err := setter(t).Set(style)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(text.Close)
	return text
}

func paint(t *testing.T, text *Text, box image.Rectangle, fill Color, outline Outline) *Bitmap {
	t.Helper()
	b, err := text.Paint(box, fill, outline)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *Bitmap) at(x, y int) Color { return Color(b.Pixels[4*(y*b.Width+x):]) }

// square adds the font whose A is a square of one em.
func square(t *testing.T, file string) *Font {
	t.Helper()
	font, err := setter(t).AddFont(read(t, filepath.Join("testdata", file)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(font.Close)
	return font
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

var (
	black = Color{0, 0, 0, 255}
	red   = Color{255, 0, 0, 255}
)

func TestFamily(t *testing.T) {
	for name, want := range map[string]string{
		"Arial": "Liberation Sans", "arial": "Liberation Sans", "Times New Roman": "Liberation Serif", "times_new_roman": "Liberation Serif",
		"Courier": "Liberation Mono", "roboto": "Roboto", "Noto  Sans": "Noto Sans", "DejaVu Sans Mono": "DejaVu Sans Mono", "Verdana": "DejaVu Sans",
		"sans-serif": "Liberation Sans", "No Such Font": "", "": "",
	} {
		if got, ok := setter(t).Family(name); got != want || ok != (want != "") {
			t.Errorf("Family(%q) = %q, %v, want %q", name, got, ok, want)
		}
	}
	for name := range substitutes {
		if _, ok := setter(t).Family(name); !ok && name != "arial narrow" {
			t.Errorf("%s is to be set in %s, which is not installed", name, substitutes[name])
		}
	}
}

// TestMeasures holds lengths to pixels, with letters that are squares.
func TestMeasures(t *testing.T) {
	font := square(t, "square.ttf")
	for name, c := range map[string]struct {
		style Style
		want  image.Point
	}{
		"size":           {Style{Text: "A", Size: 40}, image.Pt(40, 40)},
		"fraction":       {Style{Text: "AA", Size: 20.5}, image.Pt(41, 21)},
		"letter spacing": {Style{Text: "AA", Size: 40, LetterSpacing: 10}, image.Pt(90, 40)},
		"closer letters": {Style{Text: "AA", Size: 40, LetterSpacing: -10}, image.Pt(70, 40)},
		"line spacing":   {Style{Text: "A\nA", Size: 40, LineSpacing: 7}, image.Pt(40, 87)},
		"closer lines":   {Style{Text: "A\nA", Size: 40, LineSpacing: -7}, image.Pt(40, 73)},
		"broken words":   {Style{Text: "AAA", Size: 40, Wrap: 90}, image.Pt(80, 80)},
		"lines that fit": {Style{Text: "AAAA", Size: 40, Wrap: 90, Height: 90}, image.Pt(80, 80)},
	} {
		t.Run(name, func(t *testing.T) {
			c.style.Font = font
			if got := set(t, c.style).Ink.Size(); got != c.want {
				t.Errorf("the ink is %v, want %v", got, c.want)
			}
		})
	}
}

func TestAlign(t *testing.T) {
	font := square(t, "square.ttf")
	for align, left := range map[Align]int{AlignLeft: 0, AlignCenter: 40, AlignRight: 80, AlignStart: 0, AlignEnd: 80} {
		text := set(t, Style{Text: "AAA\nA", Font: font, Size: 40, Align: align})
		b := paint(t, text, text.Ink, black, Outline{})
		for _, x := range []int{20, 60, 100} {
			if got, want := b.at(x, 60)[3] == 255, x == left+20; got != want {
				t.Errorf("alignment %d: the short line is at %d: %v, want %v", align, x, got, want)
			}
		}
	}
	// Left and right are sides of the page; start and end are those of the script.
	const hebrew = "שלום עולם\nאב"
	second := func(align Align) int {
		text := set(t, Style{Text: hebrew, Size: 40, Align: align})
		lower := image.Rect(text.Lines.Min.X, text.Lines.Dy()/2+4, text.Lines.Max.X, text.Lines.Max.Y)
		b := paint(t, text, lower, black, Outline{})
		for x := range b.Width {
			for y := range b.Height {
				if b.at(x, y)[3] > 128 {
					return x * 2 / b.Width
				}
			}
		}
		return -1
	}
	for align, want := range map[Align]int{AlignLeft: 0, AlignRight: 1, AlignStart: 1, AlignEnd: 0} {
		if got := second(align); got != want {
			t.Errorf("alignment %d: the short line begins in half %d, want %d", align, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	const words = "In nature, nothing is perfect and everything is perfect"
	whole := set(t, Style{Text: words, Size: 30})
	wrapped := set(t, Style{Text: words, Size: 30, Wrap: 200})
	if wrapped.Lines.Dx() > 200 || wrapped.Lines.Dy() < 3*whole.Lines.Dy() {
		t.Errorf("wrapped at 200: %v, in one line %v", wrapped.Lines, whole.Lines)
	}
	cut := set(t, Style{Text: words, Size: 30, Wrap: 200, Height: 2*whole.Lines.Dy() + 5})
	if got, want := cut.Lines.Dy(), 2*whole.Lines.Dy(); got != want {
		t.Errorf("two lines that fit are %d high, want %d", got, want)
	}
	// The ellipsis of a text that is cut between its paragraphs: the last line that is left is longer than the bare one.
	paragraphs := set(t, Style{Text: "Line\nLine\nLine", Size: 30, Wrap: 200, Height: 2*whole.Lines.Dy() + 5})
	bare := set(t, Style{Text: "Line", Size: 30})
	if got := paragraphs.Ink.Dx(); got < bare.Ink.Dx()+10 {
		t.Errorf("the last line is %d px wide, the bare one %d: there is no ellipsis", got, bare.Ink.Dx())
	}
	narrow := set(t, Style{Text: words, Size: 300, Wrap: 1, Height: 1})
	if narrow.Lines.Dy() > 400 {
		t.Errorf("more than one line is left: %v", narrow.Lines)
	}
	justified := set(t, Style{Text: "a b c d e f g h i j k l m n o", Size: 30, Wrap: 200, Align: AlignJustify})
	if got := justified.Lines.Dx(); got != 200 {
		t.Errorf("justified lines are %d px wide, want 200", got)
	}
}

func TestStyles(t *testing.T) {
	plain := Style{Text: "Hamburg", Size: 60}
	render := func(change func(*Style)) []byte {
		style := plain
		change(&style)
		text := set(t, style)
		return paint(t, text, image.Rect(-5, -5, 400, 90), black, Outline{}).Pixels
	}
	seen := map[string][]byte{"plain": render(func(*Style) {})}
	for name, change := range map[string]func(*Style){
		"bold": func(s *Style) { s.Weight = 700 }, "italic": func(s *Style) { s.Italic = true },
		"underline": func(s *Style) { s.Underline = true }, "strikethrough": func(s *Style) { s.Strikethrough = true },
		"serif": func(s *Style) { s.Family = "Liberation Serif" }, "not smooth": func(s *Style) { s.Antialias = AntialiasNone },
		"light": func(s *Style) { s.Family, s.Weight = "Roboto", 300 }, "thin": func(s *Style) { s.Family, s.Weight = "Roboto", 100 },
		"hinted": func(s *Style) { s.Hinting = HintingFull },
	} {
		pixels := render(change)
		for other, before := range seen {
			if bytes.Equal(pixels, before) {
				t.Errorf("%s looks as %s does", name, other)
			}
		}
		seen[name] = pixels
	}
	gray := 0
	for i := 3; i < len(seen["not smooth"]); i += 4 {
		if a := seen["not smooth"][i]; a != 0 && a != 255 {
			gray++
		}
	}
	if gray > 0 {
		t.Errorf("%d pixels are smoothed without antialiasing", gray)
	}
}

func TestOutline(t *testing.T) {
	text := set(t, Style{Text: "A", Font: square(t, "square.ttf"), Size: 40})
	box := text.Ink.Inset(-10)
	b := paint(t, text, box, red, Outline{Width: 5, Color: black})
	for at, want := range map[image.Point]Color{{2, 30}: {}, {7, 30}: black, {12, 30}: red, {30, 53}: black, {30, 57}: {}} {
		if got := b.at(at.X, at.Y); got != want {
			t.Errorf("pixel %v is %v, want %v", at, got, want)
		}
	}
	// The outline does not show through a translucent letter.
	b = paint(t, text, box, Color{255, 0, 0, 128}, Outline{Width: 5, Color: black})
	if got := b.at(12, 30); got != (Color{255, 0, 0, 128}) {
		t.Errorf("a translucent letter over its outline is %v", got)
	}
}

func TestEmojiHasColors(t *testing.T) {
	text := set(t, Style{Text: "😍", Size: 60})
	b := paint(t, text, text.Ink, Color{0, 0, 255, 255}, Outline{})
	center := b.at(b.Width/2, b.Height/2)
	if center[0] < 150 || center[2] > 150 || center[3] != 255 {
		t.Errorf("the middle of a yellow face is %v", center)
	}
	if text.Ink.Dx() < 40 || text.Ink.Dx() > 90 {
		t.Errorf("an emoji of size 60 is %v", text.Ink)
	}
}

// TestScripts finds for each script a font that has its letters: without one, all letters would be boxes of the same size.
func TestScripts(t *testing.T) {
	for name, pair := range map[string][2]string{
		"hebrew": {"ש", "ו"}, "arabic": {"م", "ا"}, "devanagari": {"न", "।"}, "thai": {"ก", "เ"}, "greek": {"Ω", "ι"},
		"cyrillic": {"Ж", "і"}, "han": {"好", "一"}, "kana": {"あ", "ー"}, "hangul": {"한", "ㅡ"},
	} {
		a, b := set(t, Style{Text: pair[0], Size: 60}), set(t, Style{Text: pair[1], Size: 60})
		if a.Ink.Size() == b.Ink.Size() {
			t.Errorf("%s: %s and %s are both %v", name, pair[0], pair[1], a.Ink)
		}
	}
}

func TestFontFiles(t *testing.T) {
	for _, file := range []string{"square.ttf", "square.otf", "square.woff", "square.woff2"} {
		t.Run(file, func(t *testing.T) {
			text := set(t, Style{Text: "A", Font: square(t, file), Size: 40})
			b := paint(t, text, text.Ink, red, Outline{})
			if text.Ink.Size() != image.Pt(40, 40) || b.at(1, 1) != red || b.at(38, 38) != red {
				t.Errorf("ink %v, corners %v and %v", text.Ink, b.at(1, 1), b.at(38, 38))
			}
		})
	}
}

// TestFontsAreKeptApart adds one font after another under the same number of descriptor.
func TestFontsAreKeptApart(t *testing.T) {
	before := descriptors(t)
	square := read(t, "testdata/square.ttf")
	other := read(t, "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf")
	for range 5 {
		for _, c := range []struct {
			content []byte
			square  bool
		}{{square, true}, {other, false}} {
			font, err := setter(t).AddFont(c.content)
			if err != nil {
				t.Fatal(err)
			}
			text := set(t, Style{Text: "A", Font: font, Size: 40})
			b := paint(t, text, text.Ink, black, Outline{})
			if corner := b.at(1, 1)[3] == 255; corner != c.square {
				t.Error("a letter is painted in the font before")
			}
			text.Close()
			font.Close()
		}
	}
	if after := descriptors(t); after > before {
		t.Errorf("%d descriptors are open, %d were", after, before)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestNoFonts(t *testing.T) {
	whole, packed := read(t, "testdata/square.ttf"), read(t, "testdata/square.woff2")
	flipped := bytes.Clone(whole)
	for i := 12; i < 120; i++ {
		flipped[i] ^= 0xff
	}
	for name, content := range map[string][]byte{
		"empty": nil, "text": []byte("this is no font, and it is long enough to be looked at"), "magic only": []byte("\x00\x01\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
		"cut": whole[:100], "cut woff2": packed[:100], "flipped tables": flipped, "huge": make([]byte, MaxFont+1),
		"a picture": read(t, "../../../docs/images/guide.png"),
	} {
		if font, err := setter(t).AddFont(content); !errors.Is(err, ErrFont) {
			t.Errorf("%s: %v, want ErrFont", name, err)
			if err == nil {
				font.Close()
			}
		}
	}
	// The next font and the installed ones work.
	text := set(t, Style{Text: "A", Font: square(t, "square.ttf"), Size: 40})
	if text.Ink.Dx() != 40 {
		t.Errorf("after those, a good font gives %v", text.Ink)
	}
}

func TestBitmap(t *testing.T) {
	b := &Bitmap{Pixels: make([]byte, 4*5*4), Width: 5, Height: 4}
	copy(b.Pixels[4*(1*5+2):], []byte{10, 20, 30, 255})
	copy(b.Pixels[4*(2*5+3):], []byte{200, 0, 0, 128})
	trimmed := b.Trimmed()
	if trimmed.Width != 2 || trimmed.Height != 2 || trimmed.at(0, 0) != (Color{10, 20, 30, 255}) || trimmed.at(1, 1) != (Color{200, 0, 0, 128}) {
		t.Fatalf("trimmed: %+v", trimmed)
	}
	wider := trimmed.Cut(image.Rect(-1, -1, 3, 3))
	if wider.Width != 4 || wider.at(1, 1) != (Color{10, 20, 30, 255}) || wider.at(0, 0) != (Color{}) {
		t.Errorf("wider: %+v", wider)
	}
	wider.Ground(Color{0, 0, 100, 255})
	if got := wider.at(2, 2); got != (Color{100, 0, 50, 255}) {
		t.Errorf("half red on blue is %v", got)
	}
	if got := wider.at(0, 0); got != (Color{0, 0, 100, 255}) {
		t.Errorf("nothing on blue is %v", got)
	}
}
