package vips

// redeye takes the red out of pupils: of round red spots where the eyes of detected or stored faces are.
func redeye(s *stage, _ arguments) error {
	faces, err := s.facesNow()
	if err != nil {
		return err
	}
	on := s.picture.size().full()
	return s.eachPixel(func(data []byte, bands int) {
		for _, face := range faces {
			eyes := rect{face.x + face.w/10, face.y + face.h*2/10, face.w * 8 / 10, face.h * 4 / 10}.intersect(on)
			darkenPupils(data, on.w, bands, eyes, face.w)
		}
	})
}

// isRed tells the red of a flash from skin and lips: far above green and blue.
func isRed(pixel []byte) bool {
	r, others := int(pixel[0]), max(int(pixel[1]), int(pixel[2]))
	return r > 70 && r*10 > others*19
}

// darkenPupils finds red spots inside a rectangle and makes those grey that are as large and round as a pupil can be.
func darkenPupils(data []byte, width, bands int, within rect, face int) {
	seen := make([]bool, max(0, within.w)*max(0, within.h))
	pixel := func(at int) []byte {
		return data[((within.y+at/within.w)*width+within.x+at%within.w)*bands:][:3]
	}
	for start := range seen {
		if seen[start] || !isRed(pixel(start)) {
			continue
		}
		spot := flood(start, within.size(), seen, func(at int) bool { return isRed(pixel(at)) })
		box := boxOf(spot, within.w)
		largest := max(3, face/7)
		round := 2*box.w > box.h && 2*box.h > box.w && 2*int64(len(spot)) > box.area()
		if len(spot) < 3 || box.w > largest || box.h > largest || !round {
			continue
		}
		for _, at := range spot {
			p := pixel(at)
			p[0] = byte((int(p[1]) + int(p[2])) / 2)
		}
	}
}

// flood collects the places that hang together with the first one, and marks them as seen.
func flood(start int, of size, seen []bool, belongs func(at int) bool) []int {
	spot := []int{start}
	seen[start] = true
	for next := 0; next < len(spot); next++ {
		at := spot[next]
		x, y := at%of.w, at/of.w
		for _, to := range [4][2]int{{x - 1, y}, {x + 1, y}, {x, y - 1}, {x, y + 1}} {
			if to[0] < 0 || to[1] < 0 || to[0] >= of.w || to[1] >= of.h {
				continue
			}
			if n := to[1]*of.w + to[0]; !seen[n] && belongs(n) {
				seen[n] = true
				spot = append(spot, n)
			}
		}
	}
	return spot
}

// boxOf is the box around places of a picture of the given width.
func boxOf(places []int, width int) rect {
	box := rect{places[0] % width, places[0] / width, 1, 1}
	for _, at := range places {
		box = box.union(rect{at % width, at / width, 1, 1})
	}
	return box
}
