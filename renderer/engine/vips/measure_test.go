package vips

import (
	"testing"
)

func TestMeasure(t *testing.T) {
	photo := size{640, 427}
	small := size{100, 67}
	cases := []struct {
		name   string
		in     size
		wish   wish
		anchor anchor
		want   geometry
	}{
		{"scale by width keeps the ratio", photo, wish{mode: "scale", w: 150}, anchor{},
			geometry{source: photo.full(), scaled: size{150, 100}, window: rect{0, 0, 150, 100}, canvas: size{150, 100}}},
		{"scale by both distorts", photo, wish{mode: "scale", w: 150, h: 150}, anchor{},
			geometry{source: photo.full(), scaled: size{150, 150}, window: rect{0, 0, 150, 150}, canvas: size{150, 150}}},
		{"scale ignoring the ratio keeps the other side", photo, wish{mode: "scale", w: 150, ignoreAspect: true}, anchor{},
			geometry{source: photo.full(), scaled: size{150, 427}, window: rect{0, 0, 150, 427}, canvas: size{150, 427}}},
		{"fit enlarges", small, wish{mode: "fit", w: 200, h: 200}, anchor{},
			geometry{source: small.full(), scaled: size{200, 134}, window: rect{0, 0, 200, 134}, canvas: size{200, 134}}},
		{"limit does not enlarge", small, wish{mode: "limit", w: 200, h: 200}, anchor{},
			geometry{source: small.full(), scaled: small, window: small.full(), canvas: small}},
		{"limit shrinks", photo, wish{mode: "limit", w: 150, h: 150}, anchor{},
			geometry{source: photo.full(), scaled: size{150, 100}, window: rect{0, 0, 150, 100}, canvas: size{150, 100}}},
		{"mfit leaves what is large enough", photo, wish{mode: "mfit", w: 20, h: 20}, anchor{},
			geometry{source: photo.full(), scaled: photo, window: photo.full(), canvas: photo}},
		{"mfit enlarges what is smaller on both sides", small, wish{mode: "mfit", w: 200, h: 200}, anchor{},
			geometry{source: small.full(), scaled: size{200, 134}, window: rect{0, 0, 200, 134}, canvas: size{200, 134}}},
		{"fill cuts in the middle", photo, wish{mode: "fill", w: 150, h: 150}, anchor{},
			geometry{source: photo.full(), scaled: size{225, 150}, window: rect{37, 0, 150, 150}, canvas: size{150, 150}}},
		{"fill by the east keeps the right", photo, wish{mode: "fill", w: 150, h: 150}, anchor{hx: 1, given: true},
			geometry{source: photo.full(), scaled: size{225, 150}, window: rect{75, 0, 150, 150}, canvas: size{150, 150}}},
		{"fill by one side is scale", photo, wish{mode: "fill", w: 150}, anchor{},
			geometry{source: photo.full(), scaled: size{150, 100}, window: rect{0, 0, 150, 100}, canvas: size{150, 100}}},
		{"lfill leaves small pictures", small, wish{mode: "lfill", w: 150, h: 150}, anchor{},
			geometry{source: small.full(), scaled: small, window: small.full(), canvas: small}},
		{"lfill cuts the longer side only", size{200, 100}, wish{mode: "lfill", w: 150, h: 150}, anchor{},
			geometry{source: rect{0, 0, 200, 100}, scaled: size{200, 100}, window: rect{25, 0, 150, 100}, canvas: size{150, 100}}},
		{"pad centers", photo, wish{mode: "pad", w: 150, h: 150}, anchor{},
			geometry{source: photo.full(), scaled: size{150, 100}, window: rect{0, 0, 150, 100}, canvas: size{150, 150}, at: point{0, 25}}},
		{"pad enlarges", small, wish{mode: "pad", w: 200, h: 200}, anchor{},
			geometry{source: small.full(), scaled: size{200, 134}, window: rect{0, 0, 200, 134}, canvas: size{200, 200}, at: point{0, 33}}},
		{"lpad does not enlarge", small, wish{mode: "lpad", w: 200, h: 200}, anchor{},
			geometry{source: small.full(), scaled: small, window: small.full(), canvas: size{200, 200}, at: point{50, 66}}},
		{"lpad of one axis", small, wish{mode: "lpad", w: 450, ignoreAspect: true}, anchor{},
			geometry{source: small.full(), scaled: small, window: small.full(), canvas: size{450, 67}, at: point{175, 0}}},
		{"mpad never scales", small, wish{mode: "mpad", w: 150, h: 50}, anchor{},
			geometry{source: small.full(), scaled: small, window: small.full(), canvas: size{150, 67}, at: point{25, 0}}},
		{"pad by the north east with offsets", photo, wish{mode: "pad", w: 200, h: 200}, anchor{hx: 1, vy: -1, x: 0, y: 10, offset: true, given: true},
			geometry{source: photo.full(), scaled: size{200, 133}, window: rect{0, 0, 200, 133}, canvas: size{200, 200}, at: point{0, 10}}},
		{"crop by the south", size{400, 300}, wish{mode: "crop", w: 200, h: 150}, anchor{vy: 1, given: true},
			geometry{source: rect{100, 150, 200, 150}, scaled: size{200, 150}, window: rect{0, 0, 200, 150}, canvas: size{200, 150}}},
		{"crop is clipped to the input", size{100, 80}, wish{mode: "crop", w: 200, h: 50}, anchor{},
			geometry{source: rect{0, 15, 100, 50}, scaled: size{100, 50}, window: rect{0, 0, 100, 50}, canvas: size{100, 50}}},
		{"crop by x and y counts from the top left", size{400, 300}, wish{mode: "crop", w: 100, h: 100}, anchor{x: 30, y: 20, offset: true},
			geometry{source: rect{30, 20, 100, 100}, scaled: size{100, 100}, window: rect{0, 0, 100, 100}, canvas: size{100, 100}}},
		{"crop that sticks out is clipped", size{400, 300}, wish{mode: "crop", w: 100, h: 100}, anchor{x: 350, y: 20, offset: true},
			geometry{source: rect{350, 20, 50, 100}, scaled: size{50, 100}, window: rect{0, 0, 50, 100}, canvas: size{50, 100}}},
		{"crop of a region without a size", size{400, 300}, wish{mode: "crop", zoom: 0.5}, anchor{region: &rect{100, 100, 40, 40}},
			geometry{source: rect{80, 80, 80, 80}, scaled: size{80, 80}, window: rect{0, 0, 80, 80}, canvas: size{80, 80}}},
		{"thumb of a face", size{640, 426}, wish{mode: "thumb", w: 200, h: 200}, anchor{region: &rect{300, 100, 100, 100}, margin: 1.65},
			geometry{source: rect{268, 68, 165, 165}, scaled: size{200, 200}, window: rect{0, 0, 200, 200}, canvas: size{200, 200}}},
		{"thumb zooms", size{640, 426}, wish{mode: "thumb", w: 200, h: 200, zoom: 1.65}, anchor{region: &rect{300, 100, 100, 100}, margin: 1.65},
			geometry{source: rect{300, 100, 100, 100}, scaled: size{200, 200}, window: rect{0, 0, 200, 200}, canvas: size{200, 200}}},
		{"thumb at the border stays inside", size{640, 426}, wish{mode: "thumb", w: 200, h: 200}, anchor{region: &rect{0, 0, 100, 100}, margin: 1.65},
			geometry{source: rect{0, 0, 165, 165}, scaled: size{200, 200}, window: rect{0, 0, 200, 200}, canvas: size{200, 200}}},
		{"thumb of a region as large as the picture", size{640, 426}, wish{mode: "thumb", w: 200, h: 100}, anchor{region: &rect{0, 0, 640, 426}, margin: 1.65},
			geometry{source: rect{0, 53, 640, 320}, scaled: size{200, 100}, window: rect{0, 0, 200, 100}, canvas: size{200, 100}}},
		{"auto around a region", size{600, 200}, wish{mode: "auto", w: 100, h: 100}, anchor{region: &rect{500, 50, 60, 60}, margin: 1},
			geometry{source: rect{0, 0, 600, 200}, scaled: size{300, 100}, window: rect{200, 0, 100, 100}, canvas: size{100, 100}}},
		{"fill_pad fills when the region stays", size{600, 200}, wish{mode: "fill_pad", w: 100, h: 100}, anchor{region: &rect{500, 50, 60, 60}},
			geometry{source: rect{0, 0, 600, 200}, scaled: size{300, 100}, window: rect{200, 0, 100, 100}, canvas: size{100, 100}}},
		{"fill_pad pads when the region would be cut", size{600, 200}, wish{mode: "fill_pad", w: 100, h: 100}, anchor{region: &rect{50, 50, 500, 100}},
			geometry{source: rect{0, 0, 600, 200}, scaled: size{100, 33}, window: rect{0, 0, 100, 33}, canvas: size{100, 100}, at: point{0, 33}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.wish.zoom == 0 {
				c.wish.zoom = 1
			}
			got, err := measure(c.in, c.wish, c.anchor)
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("\n got %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestMeasureRefuses(t *testing.T) {
	t.Run("an unknown mode", func(t *testing.T) {
		_, err := measure(size{10, 10}, wish{mode: "squash", zoom: 1}, anchor{})
		wantProblem(t, err, 400, "squash")
	})
	t.Run("a crop outside of the picture", func(t *testing.T) {
		_, err := measure(size{10, 10}, wish{mode: "crop", w: 5, h: 5, zoom: 1}, anchor{x: 10, offset: true})
		wantProblem(t, err, 400, "outside")
	})
}

func TestBox(t *testing.T) {
	cases := []struct {
		name string
		in   size
		wish wish
		want size
	}{
		{"both sides win over the ratio", size{640, 427}, wish{w: 100, h: 50, aspect: 3}, size{100, 50}},
		{"height by the ratio", size{640, 427}, wish{w: 624, aspect: 16.0 / 9}, size{624, 351}},
		{"width by the ratio", size{640, 427}, wish{h: 150, aspect: 16.0 / 9}, size{267, 150}},
		{"height by the input", size{640, 426}, wish{w: 450}, size{450, 300}},
		{"a wide ratio alone keeps the width", size{640, 427}, wish{aspect: 1.5}, size{640, 427}},
		{"a high ratio alone keeps the height", size{640, 427}, wish{aspect: 0.5}, size{214, 427}},
		{"a square alone fits inside", size{640, 427}, wish{aspect: 1}, size{427, 427}},
		{"a wide ratio that does not fit keeps the height", size{400, 600}, wish{aspect: 1.5}, size{400, 267}},
		{"nothing is the input", size{640, 427}, wish{}, size{640, 427}},
		{"never thinner than a pixel", size{1000, 2}, wish{w: 10}, size{10, 1}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := c.wish.box(c.in); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestRounding(t *testing.T) {
	for v, want := range map[float64]int{213.5: 214, 299.53: 300, 0.2: 0, -0.5: 0, 0.3 * 855: 257} {
		if got := round(v); got != want {
			t.Errorf("round(%v) = %d, want %d", v, got, want)
		}
	}
	if got := side(0.1); got != 1 {
		t.Errorf("side(0.1) = %d, want 1", got)
	}
}

func TestAnchor(t *testing.T) {
	on, what := size{100, 80}, size{31, 21}
	cases := []struct {
		gravity string
		want    point
		// shifted is the place with x 5 and y 3.
		shifted point
	}{
		{"center", point{34, 29}, point{39, 32}},
		{"north_west", point{0, 0}, point{5, 3}},
		{"north", point{34, 0}, point{39, 3}},
		{"north_east", point{69, 0}, point{64, 3}},
		{"west", point{0, 29}, point{5, 32}},
		{"east", point{69, 29}, point{64, 32}},
		{"south_west", point{0, 59}, point{5, 56}},
		{"south", point{34, 59}, point{39, 56}},
		{"south_east", point{69, 59}, point{64, 56}},
	}
	for _, c := range cases {
		t.Run(c.gravity, func(t *testing.T) {
			hx, vy, ok := compass(c.gravity)
			if !ok {
				t.Fatal("no such direction")
			}
			a := anchor{hx: hx, vy: vy}
			if got := a.place(on, what); got != c.want {
				t.Errorf("at %v, want %v", got, c.want)
			}
			a.x, a.y = 5, 3
			if got := a.place(on, what); got != c.shifted {
				t.Errorf("shifted at %v, want %v", got, c.shifted)
			}
		})
	}
	t.Run("a region is centered and stays inside", func(t *testing.T) {
		a := anchor{region: &rect{80, 10, 10, 10}}
		if got := a.within(on, what); got != (point{69, 5}) {
			t.Errorf("at %v", got)
		}
	})
}

func TestShrinkOnLoad(t *testing.T) {
	cases := []struct {
		name         string
		how          shrinking
		kept, target size
		want         float64
	}{
		{"never", shrinksNever, size{4000, 3000}, size{100, 75}, 1},
		{"by eight", shrinksByPowers, size{4000, 3000}, size{200, 150}, 8},
		{"the reserve stays", shrinksByPowers, size{4000, 3000}, size{334, 251}, 4},
		{"just large enough", shrinksByPowers, size{1000, 750}, size{334, 251}, 1},
		{"the tighter side decides", shrinksByPowers, size{4000, 3000}, size{10, 1500}, 1},
		{"freely", shrinksFreely, size{3000, 1500}, size{400, 200}, 5},
		{"freely, but never larger", shrinksFreely, size{400, 300}, size{400, 300}, 1},
		{"small pictures are left alone", shrinksByPowers, size{60, 60}, size{2, 2}, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := shrinkOnLoad(c.how, c.kept, c.target); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestTracking(t *testing.T) {
	// Cut 100,50 off, halve, lay at 10,0.
	track := tracked().moved(-100, -50).scaled(0.5, 0.5).moved(10, 0)
	got, ok := track.find(rect{120, 60, 20, 20}, size{200, 200})
	if !ok || got != (rect{20, 5, 10, 10}) {
		t.Errorf("found %v, %v", got, ok)
	}
	if _, ok := track.find(rect{0, 0, 20, 20}, size{200, 200}); ok {
		t.Error("found what was cut off")
	}
	track.lost = true
	if _, ok := track.find(rect{120, 60, 20, 20}, size{200, 200}); ok {
		t.Error("found something after tracking was lost")
	}
}
