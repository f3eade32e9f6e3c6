package vips

import (
	"bufio"
	"bytes"
	"math"
	"strconv"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// Bounds of files of colour tables.
const (
	maxTableBytes = 64 << 20
	maxTableSide  = 129
)

// colorTable maps colours to colours: a cube of side³ nodes, 0..1, red running fastest, with the nodes at the same places on
// all three axes.
type colorTable struct {
	side  int
	nodes [][3]float32
	// cell and share say for each 8-bit value between which nodes it lies: after cell, by that share of the way to the next.
	cell  [256]int
	share [256]float32
}

// applyTable changes all colours of the picture by the table that the layer names.
func (s *stage) applyTable(l *transform.Layer) error {
	name := l.ID + "." + l.Ext
	asset, err := s.layerAsset(l)
	if err != nil {
		return err
	}
	info, err := asset.File.Stat()
	if err != nil {
		return problem.Failed(err)
	}
	if info.Size() > maxTableBytes {
		return problem.BadRequest("Invalid LUT file - %s: it is larger than %d bytes", name, maxTableBytes)
	}
	content := make([]byte, info.Size())
	if _, err := asset.File.ReadAt(content, 0); err != nil {
		return problem.Failed(err)
	}
	read := readCube
	if l.Ext == "3dl" {
		read = read3DL
	}
	table, reason := read(content)
	if table == nil {
		return problem.BadRequest("Invalid LUT file - %s: %s", name, reason)
	}
	if err := s.picture.settle(); err != nil {
		return err
	}
	data, err := s.picture.pixels()
	if err != nil {
		return err
	}
	bands := s.picture.image.Bands()
	for i := 0; i+2 < len(data); i += bands {
		table.apply(data[i : i+3])
	}
	return s.picture.setPixels(data)
}

// apply changes one pixel, by its distance to the eight nodes around it.
func (t *colorTable) apply(pixel []byte) {
	var at, step [3]int
	var share [3]float32
	stride := 1
	for channel := range 3 {
		cell := t.cell[pixel[channel]]
		share[channel] = t.share[pixel[channel]]
		at[channel] = cell * stride
		if cell+1 < t.side {
			step[channel] = stride
		}
		stride *= t.side
	}
	origin := at[0] + at[1] + at[2]
	for channel := range 3 {
		along := func(node int) float32 {
			a, b := t.nodes[node][channel], t.nodes[node+step[0]][channel]
			return a + (b-a)*share[0]
		}
		plane := func(node int) float32 {
			a, b := along(node), along(node+step[1])
			return a + (b-a)*share[1]
		}
		a, b := plane(origin), plane(origin+step[2])
		pixel[channel] = byte(max(0, min(255, (a+(b-a)*share[2])*255+half)))
	}
}

// place puts the nodes at increasing positions; what lies outside of them is drawn to the nearest.
func (t *colorTable) place(positions []float64) {
	for value := range 256 {
		v := float64(value) / 255
		cell := 0
		for cell+2 < len(positions) && v >= positions[cell+1] {
			cell++
		}
		t.cell[value] = cell
		t.share[value] = float32(max(0, min(1, (v-positions[cell])/(positions[cell+1]-positions[cell]))))
	}
}

// evenly are positions of n nodes from low to high.
func evenly(n int, low, high float64) []float64 {
	positions := make([]float64, n)
	for i := range positions {
		positions[i] = low + (high-low)*float64(i)/float64(n-1)
	}
	return positions
}

// tableLines calls line with the fields of each line that is no comment, until it gives a reason not to go on.
func tableLines(content []byte, line func(fields []string) string) string {
	lines := bufio.NewScanner(bytes.NewReader(content))
	for lines.Scan() {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if fields := strings.Fields(text); len(fields) > 0 {
			if reason := line(fields); reason != "" {
				return reason
			}
		}
	}
	if lines.Err() != nil {
		return "a line is too long"
	}
	return ""
}

// readCube reads an Adobe .cube file: keywords, then one line of three numbers per node, red running fastest.
func readCube(content []byte) (*colorTable, string) {
	t := &colorTable{}
	low, high := []float64{0, 0, 0}, []float64{1, 1, 1}
	reason := tableLines(content, func(fields []string) string {
		switch fields[0] {
		case "TITLE":
			return ""
		case "LUT_1D_SIZE":
			return "it is no table of three dimensions"
		case "LUT_3D_SIZE":
			n, err := strconv.Atoi(fields[len(fields)-1])
			if err != nil || n < 2 || n > maxTableSide || t.side != 0 {
				return "its size is not 2 to " + strconv.Itoa(maxTableSide)
			}
			t.side = n
			return ""
		case "DOMAIN_MIN", "DOMAIN_MAX":
			domain := floats(fields[1:])
			if len(domain) != 3 || domain[0] != domain[1] || domain[0] != domain[2] {
				return "its domain is not the same for all colors"
			}
			if fields[0] == "DOMAIN_MIN" {
				low = domain
			} else {
				high = domain
			}
			return ""
		}
		if len(t.nodes) > t.side*t.side*t.side {
			return "" // counted below
		}
		values := floats(fields)
		if len(values) != 3 {
			return "a line is not three numbers"
		}
		t.nodes = append(t.nodes, [3]float32{float32(values[0]), float32(values[1]), float32(values[2])})
		return ""
	})
	if reason == "" && (t.side == 0 || len(t.nodes) != t.side*t.side*t.side) {
		reason = "it has another number of lines than its size says"
	}
	if reason == "" && high[0] <= low[0] {
		reason = "its domain is empty"
	}
	if reason != "" {
		return nil, reason
	}
	t.place(evenly(t.side, low[0], high[0]))
	return t, ""
}

// read3DL reads a .3dl file (Lustre, Flame): a line with the positions of the nodes, then one line of three whole numbers
// per node, blue running fastest. How many bits they have follows from the largest one.
func read3DL(content []byte) (*colorTable, string) {
	var positions []float64
	var values [][3]float64
	largest := 0.0
	reason := tableLines(content, func(fields []string) string {
		if strings.EqualFold(fields[0], "3DMESH") || strings.EqualFold(fields[0], "mesh") {
			return ""
		}
		numbers := floats(fields)
		switch {
		case numbers == nil && len(values) > 0:
			return "" // "LUT8" and "gamma" after the table
		case numbers == nil:
			return "a line is not numbers"
		case positions == nil:
			if len(numbers) < 2 || len(numbers) > maxTableSide {
				return "its size is not 2 to " + strconv.Itoa(maxTableSide)
			}
			positions = numbers
		case len(numbers) != 3:
			return "a line is not three numbers"
		case len(values) > len(positions)*len(positions)*len(positions):
			return "" // counted below
		default:
			values = append(values, [3]float64{numbers[0], numbers[1], numbers[2]})
			largest = max(largest, numbers[0], numbers[1], numbers[2])
		}
		return ""
	})
	n := len(positions)
	if reason == "" && (n == 0 || len(values) != n*n*n) {
		reason = "it has another number of lines than its size says"
	}
	for i := 1; i < n && reason == ""; i++ {
		if positions[i] <= positions[i-1] {
			reason = "the positions of its nodes do not grow"
		}
	}
	if reason != "" {
		return nil, reason
	}
	first, length := positions[0], positions[n-1]-positions[0]
	for i := range positions {
		positions[i] = (positions[i] - first) / length
	}
	t := &colorTable{side: n, nodes: make([][3]float32, n*n*n)}
	t.place(positions)
	whole := float32(wholeOf(largest))
	for i, v := range values {
		red, green, blue := i/(n*n), i/n%n, i%n
		t.nodes[red+green*n+blue*n*n] = [3]float32{float32(v[0]) / whole, float32(v[1]) / whole, float32(v[2]) / whole}
	}
	return t, ""
}

// wholeOf is full intensity in a table whose largest number this is: 8, 10, 12 or 16 bits.
func wholeOf(largest float64) float64 {
	for _, bits := range []int{8, 10, 12} {
		// Some tables overshoot a little.
		if whole := float64(int(1)<<bits - 1); largest <= whole {
			return whole
		}
	}
	return 65535
}

// floats reads numbers; nil when one is none.
func floats(fields []string) []float64 {
	values := make([]float64, 0, len(fields))
	for _, field := range fields {
		v, err := strconv.ParseFloat(field, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		values = append(values, v)
	}
	return values
}
