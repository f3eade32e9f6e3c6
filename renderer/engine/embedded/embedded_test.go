package embedded

import (
	"encoding/binary"
	"reflect"
	"strings"
	"testing"
)

// order is how numbers are written.
type order interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// value is an entry of a directory that is being made.
type value struct {
	tag, kind uint16
	count     uint32
	data      []byte
}

// tiff makes a block of EXIF out of directories: the first one, those that its entries EXIF and GPS lead to.
func tiff(order order, main, photo, gps []value) []byte {
	header := []byte("MM\x00*")
	if order == binary.LittleEndian {
		header = []byte("II*\x00")
	}
	size := func(d []value) int { return 2 + 12*len(d) + 4 }
	mainAt := 8
	photoAt := mainAt + size(main) + 24
	gpsAt := photoAt + size(photo)
	heap := gpsAt + size(gps)
	main = append(main, value{tagEXIF, typeLong, 1, order.AppendUint32(nil, uint32(photoAt))}, value{tagGPS, typeLong, 1, order.AppendUint32(nil, uint32(gpsAt))})
	out := make([]byte, heap)
	copy(out, order.AppendUint32(header, uint32(mainAt)))
	for at, directory := range map[int][]value{mainAt: main, photoAt: photo, gpsAt: gps} {
		order.PutUint16(out[at:], uint16(len(directory)))
		for i, v := range directory {
			entry := out[at+2+12*i:]
			order.PutUint16(entry, v.tag)
			order.PutUint16(entry[2:], v.kind)
			order.PutUint32(entry[4:], v.count)
			if len(v.data) <= 4 {
				copy(entry[8:12], v.data)
				continue
			}
			order.PutUint32(entry[8:], uint32(len(out)))
			out = append(out, v.data...)
		}
	}
	return append([]byte("Exif\x00\x00"), out...)
}

func TestEXIF(t *testing.T) {
	for _, order := range []order{binary.BigEndian, binary.LittleEndian} {
		fractions := func(pairs ...uint32) (data []byte) {
			for _, n := range pairs {
				data = order.AppendUint32(data, n)
			}
			return data
		}
		block := tiff(order,
			[]value{{0x010f, typeASCII, 7, []byte("Canon \x00")}, {0x0112, typeShort, 1, order.AppendUint16(nil, 6)}, {0x9999, typeShort, 1, order.AppendUint16(nil, 6)}},
			[]value{
				{0x829a, typeRational, 1, fractions(10, 1250)}, {0x829d, typeRational, 1, fractions(28, 10)}, {0x920a, typeRational, 1, fractions(50, 1)},
				{0x9204, typeSRational, 1, fractions(0xffffffff, 3)}, {0x9000, typeUndefined, 4, []byte("0230")}, {0x9286, typeUndefined, 10, []byte("ASCII\x00\x00\x00hi")},
				{0x9205, typeRational, 1, fractions(1, 0)},
			},
			[]value{
				{0x0001, typeASCII, 2, []byte("N\x00")}, {0x0002, typeRational, 3, fractions(48, 1, 51, 1, 3024, 100)},
				{0x0003, typeASCII, 2, []byte("W\x00")}, {0x0004, typeRational, 3, fractions(2, 1, 2106, 100, 0, 1)},
			})
		got := Read(block, nil, nil)
		raw := map[string]string{
			"Make": "Canon", "Orientation": "6", "ExposureTime": "10/1250", "FNumber": "28/10", "FocalLength": "50/1", "ExposureCompensation": "-1/3",
			"ExifVersion": "0230", "UserComment": "hi", "MaxApertureValue": "1/0", "GPSLatitudeRef": "N", "GPSLatitude": "48/1, 51/1, 3024/100",
			"GPSLongitudeRef": "W", "GPSLongitude": "2/1, 2106/100, 0/1",
		}
		if !reflect.DeepEqual(got.EXIF, raw) {
			t.Errorf("%v: EXIF\n%v, want\n%v", order, got.EXIF, raw)
		}
		shown := map[string]string{
			"Make": "Canon", "Orientation": "Rotate 90 CW", "ExposureTime": "1/125", "FNumber": "2.8", "FocalLength": "50.0 mm",
			"ExposureCompensation": "-0.333333", "ExifVersion": "0230", "UserComment": "hi", "MaxApertureValue": "1.0", "GPSLatitudeRef": "N",
			"GPSLatitude": `48 deg 51' 30.24" N`, "GPSLongitudeRef": "W", "GPSLongitude": `2 deg 21' 3.60" W`,
		}
		if !reflect.DeepEqual(got.All, shown) {
			t.Errorf("%v: for people\n%v, want\n%v", order, got.All, shown)
		}
	}
}

func record(dataSet byte, text string) string {
	return "\x1c\x02" + string([]byte{dataSet}) + string(binary.BigEndian.AppendUint16(nil, uint16(len(text)))) + text
}

func TestIPTC(t *testing.T) {
	records := record(25, "sea") + record(25, "boat") + record(80, "J\xfcrgen") + record(200, "unknown") + "\x1c\x01\x05\x00\x01x" + record(116, "(c) 2026")
	want := map[string]string{"Keywords": "sea, boat", "By-line": "Jürgen", "CopyrightNotice": "(c) 2026"}
	resource := func(number uint16, data string) string {
		text := "8BIM" + string(binary.BigEndian.AppendUint16(nil, number)) + "\x00\x00" + string(binary.BigEndian.AppendUint32(nil, uint32(len(data)))) + data
		return text + strings.Repeat("\x00", len(data)%2)
	}
	wrapped := "Photoshop 3.0\x00" + resource(0x0425, "odd") + resource(0x0404, records)
	for name, block := range map[string]string{"bare": records, "wrapped": wrapped, "cut off": records + "\x1c\x02\x05\xff\xffx"} {
		if got := Read(nil, []byte(block), nil).All; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestXMP(t *testing.T) {
	packet := `<?xpacket begin="" id="x"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:ex="urn:x" xmp:CreatorTool="GIMP" ex:Flag="a&amp;b">
<xmp:Rating>4</xmp:Rating><dc:title><rdf:Alt><rdf:li xml:lang="x-default">A boat</rdf:li></rdf:Alt></dc:title>
<dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li>boat</rdf:li></rdf:Bag></dc:subject>
<ex:place><rdf:Description ex:City="Paris"><ex:Street>Rue</ex:Street></rdf:Description></ex:place>
</rdf:Description></rdf:RDF></x:xmpmeta>`
	want := map[string]string{"CreatorTool": "GIMP", "Flag": "a&b", "Rating": "4", "Title": "A boat", "Subject": "sea, boat"}
	if got := Read(nil, nil, []byte(packet)).All; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	// An entity bomb is no XML of ours, and depth ends reading.
	for _, bad := range []string{
		`<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><rdf:RDF xmlns:rdf="` + spaceRDF + `"><rdf:Description><p>&b;</p></rdf:Description></rdf:RDF>`,
		strings.Repeat("<a>", 100_000),
	} {
		if got := Read(nil, nil, []byte(bad)).All; len(got) != 0 {
			t.Errorf("%.40s: %v", bad, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(tiff(binary.LittleEndian, []value{{0x010f, typeASCII, 5, []byte("Canon")}}, nil, []value{{2, typeRational, 3, make([]byte, 24)}}), []byte(record(25, "x")), []byte("<x/>"))
	f.Add([]byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x87\x69\x00\x04\x00\x00\x00\x01\x00\x00\x00\x08"), []byte("Photoshop 3.0\x008BIM"), []byte(nil))
	f.Fuzz(func(t *testing.T, exif, iptc, xmp []byte) {
		tags := Read(exif, iptc, xmp)
		for name, value := range tags.All {
			if name == "" || value == "" || len(value) > 3*maxText {
				t.Errorf("%q: %d bytes", name, len(value))
			}
		}
	})
}
