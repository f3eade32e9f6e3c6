package psd

// Embedded is a file inside of a document that smart objects show.
type Embedded struct {
	// ID is what layers refer to it by, Name is that of the original file.
	ID, Name string
	Data     []byte
}

// maxEmbedded bounds how many files are listed.
const maxEmbedded = 1000

// Object is the file that a layer shows; false when the layer is no smart object or the file is not in the document.
func (f *File) Object(layer *Layer) (*Embedded, bool) {
	for i := range f.Embedded {
		if layer.Object != "" && f.Embedded[i].ID == layer.Object {
			return &f.Embedded[i], true
		}
	}
	return nil, false
}

// readEmbedded reads a block of linked layers, as far as it can be read: whatever is wrong with it, the picture is there.
func (f *File) readEmbedded(r *reader) {
	for !r.failed && len(r.rest()) > 8 && len(f.Embedded) < maxEmbedded {
		length := r.u64()
		body := r.take(length)
		r.take((4 - length%4) % 4)
		entry := &reader{data: body}
		if string(entry.take(4)) != "liFD" { // other kinds are links to files elsewhere
			continue
		}
		entry.u32() // version
		var e Embedded
		e.ID = string(entry.take(int(entry.u8())))
		e.Name = entry.text()
		entry.take(8) // type and creator
		size := entry.u64()
		if entry.u8() != 0 {
			entry.u32() // version of the descriptor
			readDescriptor(entry, 0)
		}
		if e.Data = entry.take(size); !entry.failed && len(e.Data) > 0 {
			f.Embedded = append(f.Embedded, e)
		}
	}
}

// placed is the ID of the file that a layer's block of placement names; empty when it cannot be read.
func placed(key string, body []byte) string {
	r := &reader{data: body}
	r.take(8) // what it is, and its version
	if key == "PlLd" {
		id := string(r.take(int(r.u8())))
		if r.failed {
			return ""
		}
		return id
	}
	r.u32() // version of the descriptor
	id := readDescriptor(r, 0)
	if r.failed {
		return ""
	}
	return id
}

// text is a text of UTF-16 behind the number of its units.
func (r *reader) text() string {
	count := r.u32()
	if count > len(r.rest())/2 {
		r.failed = true
		return ""
	}
	body := append([]byte{byte(count >> 24), byte(count >> 16), byte(count >> 8), byte(count)}, r.take(2*count)...)
	return unicode(body, "")
}

// id is a name of four bytes, or a longer one behind its length.
func (r *reader) id() string {
	length := r.u32()
	if length == 0 {
		length = 4
	}
	return string(r.take(length))
}

// maxDescriptorDepth bounds how deep descriptors nest.
const maxDescriptorDepth = 16

// readDescriptor reads over a descriptor, and gives the text of its key Idnt.
func readDescriptor(r *reader, depth int) (identifier string) {
	r.text()
	r.id()
	for range r.u32() {
		if r.failed {
			return ""
		}
		key := r.id()
		if text := readValue(r, string(r.take(4)), depth); key == "Idnt" {
			identifier = text
		}
	}
	return identifier
}

// readValue reads over a value of a descriptor, and gives it when it is a text.
func readValue(r *reader, kind string, depth int) string {
	if depth > maxDescriptorDepth {
		r.failed = true
		return ""
	}
	switch kind {
	case "Objc", "GlbO":
		readDescriptor(r, depth+1)
	case "VlLs":
		for range r.u32() {
			if r.failed {
				return ""
			}
			readValue(r, string(r.take(4)), depth+1)
		}
	case "TEXT":
		return r.text()
	case "doub", "comp":
		r.take(8)
	case "UntF":
		r.take(12)
	case "UnFl":
		r.take(4)
		r.take(8 * min(r.u32(), len(r.data)))
	case "enum":
		r.id()
		r.id()
	case "long":
		r.take(4)
	case "bool":
		r.take(1)
	case "type", "GlbC":
		r.text()
		r.id()
	case "alis", "tdta":
		r.take(r.u32())
	default: // references have no use here
		r.failed = true
	}
	return ""
}
