package clipping

import (
	"encoding/binary"
	"math"
	"testing"
)

// diamond is a path of straight lines.
func diamond() Path {
	var part []Knot
	for _, p := range []Point{{0.5, 0.1}, {0.9, 0.5}, {0.5, 0.9}, {0.1, 0.5}} {
		part = append(part, Knot{p, p, p})
	}
	return Path{Name: "diamond", Parts: [][]Knot{part}}
}

// containers are files of each kind that carry a block of resources, and nothing else.
func containers(block []byte) map[string][]byte {
	jpeg := []byte("\xff\xd8")
	for rest := block; len(rest) > 0; { // in two segments
		n := min(len(rest), (len(block)+1)/2)
		body := append([]byte(signature), rest[:n]...)
		jpeg = binary.BigEndian.AppendUint16(append(jpeg, 0xff, 0xed), uint16(2+len(body)))
		jpeg = append(jpeg, body...)
		rest = rest[n:]
	}
	jpeg = append(jpeg, 0xff, 0xda, 0, 2)

	tiff := func(order binary.AppendByteOrder, head string) []byte {
		out := order.AppendUint32([]byte(head), 8)
		out = order.AppendUint16(out, 1)
		out = order.AppendUint16(out, 34377)
		out = order.AppendUint16(out, 1)
		out = order.AppendUint32(order.AppendUint32(out, uint32(len(block))), 26)
		return append(order.AppendUint32(out, 0), block...)
	}
	psd := append([]byte("8BPS\x00\x01"), make([]byte, 20)...)
	psd = binary.BigEndian.AppendUint32(psd, 0)
	psd = append(binary.BigEndian.AppendUint32(psd, uint32(len(block))), block...)
	return map[string][]byte{"jpeg": jpeg, "tiff": tiff(binary.LittleEndian, "II*\x00"), "big-endian tiff": tiff(binary.BigEndian, "MM\x00*"), "psd": psd}
}

func TestReadWhatIsWritten(t *testing.T) {
	for name, file := range containers(Resources(diamond())) {
		t.Run(name, func(t *testing.T) {
			paths := Read(file)
			if len(paths.All) != 1 || paths.Clipping != "diamond" {
				t.Fatalf("%+v", paths)
			}
			path, ok := paths.Default()
			if !ok || path.Name != "diamond" || len(path.Parts) != 1 || len(path.Parts[0]) != 4 {
				t.Fatalf("%+v", path)
			}
			if at := path.Parts[0][1].At; math.Abs(at.X-0.9) > 1e-6 || math.Abs(at.Y-0.5) > 1e-6 {
				t.Errorf("the second knot is at %v", at)
			}
		})
	}
}

func TestSeveralPaths(t *testing.T) {
	second := diamond()
	second.Name = "second"
	second.Parts = append(second.Parts, second.Parts[0])
	block := append(resource(1005, "", []byte("odd")), resource(firstPath, "first", pathBody(diamond()))...)
	block = append(block, resource(firstPath+1, "second", pathBody(second))...)
	paths := Read(containers(block)["jpeg"])
	if len(paths.All) != 2 {
		t.Fatalf("%d paths", len(paths.All))
	}
	if path, ok := paths.Default(); !ok || path.Name != "first" {
		t.Errorf("without a name, %q clips", path.Name)
	}
	if path, ok := paths.Named("second"); !ok || len(path.Parts) != 2 {
		t.Errorf("second: %+v", path)
	}
	if _, ok := paths.Named("third"); ok {
		t.Error("there is a third")
	}
}

// pathBody is the body of the first resource of a written path.
func pathBody(p Path) (body []byte) {
	each(Resources(p), func(id int, _ string, b []byte) {
		if id == firstPath {
			body = b
		}
	})
	return body
}

func TestDamage(t *testing.T) {
	for name, file := range containers(Resources(diamond())) {
		for length := range file {
			Read(file[:length]) // no more than that nothing panics
		}
		if paths := Read([]byte(name)); len(paths.All) > 0 {
			t.Errorf("%q has %d paths", name, len(paths.All))
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, file := range containers(Resources(diamond())) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		paths := Read(data)
		knots := 0
		for _, p := range paths.All {
			for _, part := range p.Parts {
				knots += len(part)
			}
		}
		if knots > maxKnots || len(paths.All) > maxPaths {
			t.Errorf("%d paths with %d knots", len(paths.All), knots)
		}
	})
}
