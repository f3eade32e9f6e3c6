package psd

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"image"
	"io"
	"math"
)

// Merged is the picture as Photoshop last showed it.
func (f *File) Merged() (*image.NRGBA, error) {
	of := image.Rect(0, 0, f.Width, f.Height)
	if len(f.merged) < 2 {
		return nil, ErrInvalid
	}
	kept := f.colors()
	if f.Alpha {
		kept++
	}
	compression, data := int(binary.BigEndian.Uint16(f.merged)), f.merged[2:]
	planes, err := f.unpack(data, compression, of, f.channels, kept)
	if err != nil {
		return nil, err
	}
	size := f.rowBytes(f.Width) * f.Height
	split := make([][]byte, kept)
	for i := range split {
		split[i] = planes[i*size : (i+1)*size]
	}
	var alpha []byte
	if f.Alpha {
		alpha, split = split[kept-1], split[:kept-1]
	}
	return f.paint(of, split, alpha), nil
}

// Layer is one layer alone, as large as its bounds; its opacity is applied. A layer without pixels is one transparent
// pixel.
func (f *File) Layer(index int) (*image.NRGBA, error) {
	if index < 0 || index >= len(f.Layers) {
		return nil, ErrInvalid
	}
	l := &f.Layers[index]
	of := image.Rect(0, 0, l.Bounds.Dx(), l.Bounds.Dy())
	if of.Empty() {
		return image.NewNRGBA(image.Rect(0, 0, 1, 1)), nil
	}
	if max(of.Dx(), of.Dy()) > maxLargeSide || int64(of.Dx())*int64(of.Dy()) > maxLayerPixels {
		return nil, ErrInvalid
	}
	colors := make([][]byte, f.colors())
	var alpha []byte
	for _, c := range l.channels {
		if c.id < -1 || c.id >= len(colors) {
			continue
		}
		if len(c.data) < 2 {
			return nil, ErrInvalid
		}
		plane, err := f.unpack(c.data[2:], int(binary.BigEndian.Uint16(c.data)), of, 1, 1)
		if err != nil {
			return nil, err
		}
		if c.id == -1 {
			alpha = plane
		} else {
			colors[c.id] = plane
		}
	}
	for _, plane := range colors {
		if plane == nil {
			return nil, ErrInvalid
		}
	}
	out := f.paint(of, colors, alpha)
	for i := 3; i < len(out.Pix); i += 4 {
		out.Pix[i] = uint8((int(out.Pix[i])*int(l.Opacity) + 127) / 255)
	}
	return out, nil
}

// maxLayerPixels bounds the memory of a layer, whose size is not bounded by that of the canvas.
const maxLayerPixels = 100_000_000

// rowBytes is the length of a row of a plane.
func (f *File) rowBytes(width int) int { return (width*f.depth + 7) / 8 }

// Ways in which planes are packed.
const (
	packedRaw       = 0
	packedRuns      = 1
	packedZip       = 2
	packedPredicted = 3
)

// mostPacked is how many bytes one byte of zlib may stand for.
const mostPacked = 1032

// unpack gives the first of planes of equal size, one behind the other.
func (f *File) unpack(data []byte, compression int, of image.Rectangle, planes, kept int) ([]byte, error) {
	row, rows := f.rowBytes(of.Dx()), of.Dy()*kept
	size := row * rows
	switch compression {
	case packedRaw:
		if len(data) < row*of.Dy()*planes {
			return nil, ErrInvalid
		}
		return data[:size], nil
	case packedRuns:
		return f.unpackRuns(data, row, rows, of.Dy()*planes)
	case packedZip, packedPredicted:
		if size > mostPacked*len(data) {
			return nil, ErrInvalid
		}
		z, err := zlib.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, ErrInvalid
		}
		out := make([]byte, size)
		if _, err := io.ReadFull(z, out); err != nil {
			return nil, ErrInvalid
		}
		if compression == packedPredicted {
			f.unpredict(out, row)
		}
		return out, nil
	}
	return nil, ErrInvalid
}

// unpackRuns undoes PackBits of the first rows. The lengths of all rows come first.
func (f *File) unpackRuns(data []byte, row, rows, all int) ([]byte, error) {
	width := 2
	if f.large {
		width = 4
	}
	// No byte of runs stands for more than 64 bytes: what cannot hold all rows is refused before memory is taken.
	if len(data) < width*all || row*rows > 64*len(data) {
		return nil, ErrInvalid
	}
	lengths, data := data[:width*all], data[width*all:]
	out := make([]byte, 0, row*rows)
	for i := range rows {
		length := int(binary.BigEndian.Uint16(lengths[width*i:]))
		if f.large {
			length = int(binary.BigEndian.Uint32(lengths[width*i:]))
		}
		if length > len(data) {
			return nil, ErrInvalid
		}
		packed := data[:length]
		data = data[length:]
		end := len(out) + row
		for len(packed) > 1 && len(out) < end {
			n := int(int8(packed[0]))
			switch {
			case n >= 0:
				n = min(n+1, len(packed)-1)
				out = append(out, packed[1:n+1]...)
				packed = packed[n+1:]
			case n == -128:
				packed = packed[1:]
			default:
				out = append(out, bytes.Repeat(packed[1:2], 1-n)...)
				packed = packed[2:]
			}
		}
		if len(out) < end {
			return nil, ErrInvalid
		}
		out = out[:end]
	}
	return out, nil
}

// unpredict adds up what rows hold as differences.
func (f *File) unpredict(out []byte, row int) {
	for start := 0; start+row <= len(out); start += row {
		line := out[start : start+row]
		if f.depth == 16 {
			for i := 2; i+1 < row; i += 2 {
				binary.BigEndian.PutUint16(line[i:], binary.BigEndian.Uint16(line[i:])+binary.BigEndian.Uint16(line[i-2:]))
			}
			continue
		}
		for i := 1; i < row; i++ {
			line[i] += line[i-1]
		}
	}
}

// paint turns planes into pixels.
func (f *File) paint(of image.Rectangle, colors [][]byte, alpha []byte) *image.NRGBA {
	out := image.NewNRGBA(of)
	step, row := f.depth/8, f.rowBytes(of.Dx())
	sample := func(plane []byte, i int) uint8 { return plane[i*step] }
	for i := range of.Dx() * of.Dy() {
		p := out.Pix[4*i : 4*i+4]
		p[3] = 255
		if alpha != nil {
			p[3] = sample(alpha, i)
		}
		switch f.mode {
		case modeBitmap:
			x, y := i%of.Dx(), i/of.Dx()
			v := uint8(255)
			if colors[0][y*row+x/8]&(0x80>>(x%8)) != 0 {
				v = 0
			}
			p[0], p[1], p[2] = v, v, v
		case modeIndexed:
			c := int(sample(colors[0], i))
			p[0], p[1], p[2] = f.palette[c], f.palette[256+c], f.palette[512+c]
		case modeRGB:
			p[0], p[1], p[2] = sample(colors[0], i), sample(colors[1], i), sample(colors[2], i)
		case modeCMYK: // stored inverted: 255 is no ink
			k := int(sample(colors[3], i))
			for c := range 3 {
				p[c] = uint8((int(sample(colors[c], i))*k + 127) / 255)
			}
		case modeLab:
			p[0], p[1], p[2] = fromLab(sample(colors[0], i), sample(colors[1], i), sample(colors[2], i))
		default:
			v := sample(colors[0], i)
			p[0], p[1], p[2] = v, v, v
		}
	}
	return out
}

// fromLab converts CIE L*a*b* (D50) to sRGB; a and b are stored around 128.
func fromLab(l, a, b uint8) (red, green, blue uint8) {
	fy := (float64(l)/255*100 + 16) / 116
	fx, fz := fy+(float64(a)-128)/500, fy-(float64(b)-128)/200
	inverse := func(t float64) float64 {
		if t > 6.0/29 {
			return t * t * t
		}
		return 3 * 36.0 / 841 * (t - 4.0/29)
	}
	x, y, z := 0.9642*inverse(fx), inverse(fy), 0.8249*inverse(fz)
	encode := func(v float64) uint8 {
		v = math.Max(0, math.Min(1, v))
		if v <= 0.0031308 {
			v *= 12.92
		} else {
			v = 1.055*math.Pow(v, 1/2.4) - 0.055
		}
		return uint8(math.Round(255 * v))
	}
	return encode(3.1338561*x - 1.6168667*y - 0.4906146*z),
		encode(-0.9787684*x + 1.9161415*y + 0.0334540*z),
		encode(0.0719453*x - 0.2289914*y + 1.4052427*z)
}
