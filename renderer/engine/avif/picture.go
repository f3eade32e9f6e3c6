package avif

import "encoding/binary"

// picture is what a file of one picture holds.
type picture struct {
	width, height int
	color         item
	// alpha is nil for a picture without transparency.
	alpha *item
}

// item is one coded picture.
type item struct {
	id int
	// config is its box av1C and color its box colr, nil when there is none.
	config, color []byte
	data          []byte
}

// readPicture reads a file as libheif writes it: items whose data lie in one piece.
func readPicture(file []byte) (*picture, error) {
	var meta []byte
	for name, body := range boxes(file) {
		if name == "meta" && len(body) > 4 {
			meta = body[4:]
		}
	}
	r := &metaReader{file: file}
	for name, body := range boxes(meta) {
		if len(body) < 4 {
			continue
		}
		switch name {
		case "pitm":
			r.readPrimary(body)
		case "iloc":
			r.readLocations(body)
		case "iref":
			r.readReferences(body[4:])
		case "iprp":
			r.readProperties(body)
		}
	}
	p := &picture{color: item{id: r.primary}}
	if !r.fill(&p.color, &p.width, &p.height) {
		return nil, ErrInvalid
	}
	if id, ok := r.auxiliary[r.primary]; ok {
		var w, h int
		p.alpha = &item{id: id}
		if !r.fill(p.alpha, &w, &h) || w != p.width || h != p.height {
			return nil, ErrInvalid
		}
	}
	return p, nil
}

// boxes are the boxes of a body, in order, as far as they are whole.
func boxes(data []byte) func(yield func(string, []byte) bool) {
	return func(yield func(string, []byte) bool) {
		for len(data) >= 8 {
			length := int64(binary.BigEndian.Uint32(data))
			if length == 0 {
				length = int64(len(data))
			}
			if length < 8 || length > int64(len(data)) || !yield(string(data[4:8]), data[8:length]) {
				return
			}
			data = data[length:]
		}
	}
}

// metaReader collects what the boxes of meta say.
type metaReader struct {
	file    []byte
	primary int
	// locations are the data of items; auxiliary is the item that belongs to another one.
	locations map[int][]byte
	auxiliary map[int]int
	// properties are whole boxes from 1, owned by items.
	properties [][]byte
	owned      map[int][]int
}

func (r *metaReader) readPrimary(body []byte) {
	if n := number(body[4:], 2); body[0] == 0 && n >= 0 {
		r.primary = n
	} else {
		r.primary = number(body[4:], 4)
	}
}

// number is an unsigned number of some bytes, -1 when there are fewer.
func number(data []byte, size int) int {
	if len(data) < size {
		return -1
	}
	v := 0
	for _, b := range data[:size] {
		v = v<<8 | int(b)
	}
	return v
}

// cursor reads numbers one after the other.
type cursor struct {
	data   []byte
	failed bool
}

func (c *cursor) next(size int) int {
	v := number(c.data, size)
	if v < 0 || size > 7 && v > 1<<40 {
		c.failed, c.data = true, nil
		return 0
	}
	c.data = c.data[size:]
	return v
}

func (r *metaReader) readLocations(body []byte) {
	version := body[0]
	c := &cursor{data: body[4:]}
	sizes := c.next(2)
	offsetSize, lengthSize, baseSize, indexSize := sizes>>12, sizes>>8&15, sizes>>4&15, sizes&15
	idSize := 2
	if version == 2 {
		idSize = 4
	}
	r.locations = map[int][]byte{}
	for range c.next(idSize) {
		id := c.next(idSize)
		if version > 0 {
			c.next(2)
		}
		c.next(2)
		base := c.next(baseSize)
		extents := c.next(2)
		if c.failed || extents != 1 {
			return
		}
		if version > 0 {
			c.next(indexSize)
		}
		offset := base + c.next(offsetSize)
		length := c.next(lengthSize)
		if c.failed || offset > len(r.file) || length > len(r.file)-offset {
			return
		}
		r.locations[id] = r.file[offset : offset+length]
	}
}

func (r *metaReader) readReferences(body []byte) {
	r.auxiliary = map[int]int{}
	for name, reference := range boxes(body) {
		if from, to := number(reference, 2), number(reference[min(len(reference), 4):], 2); name == "auxl" && from >= 0 && to >= 0 {
			r.auxiliary[to] = from
		}
	}
}

func (r *metaReader) readProperties(body []byte) {
	r.owned = map[int][]int{}
	for name, inner := range boxes(body) {
		switch {
		case name == "ipco":
			for kind, property := range boxes(inner) {
				r.properties = append(r.properties, box(kind, property))
			}
		case name == "ipma" && len(inner) > 4:
			r.readAssociations(inner)
		}
	}
}

func (r *metaReader) readAssociations(body []byte) {
	idSize, indexSize, mask := 2, 1, 0x7f
	if body[0] > 0 {
		idSize = 4
	}
	if body[3]&1 != 0 {
		indexSize, mask = 2, 0x7fff
	}
	c := &cursor{data: body[4:]}
	for range c.next(4) {
		id := c.next(idSize)
		for range c.next(1) {
			r.owned[id] = append(r.owned[id], c.next(indexSize)&mask)
		}
		if c.failed {
			return
		}
	}
}

// fill gives an item what belongs to it; false when something is missing.
func (r *metaReader) fill(i *item, width, height *int) bool {
	i.data = r.locations[i.id]
	for _, index := range r.owned[i.id] {
		if index < 1 || index > len(r.properties) {
			continue
		}
		switch property := r.properties[index-1]; string(property[4:8]) {
		case "av1C":
			i.config = property
		case "colr":
			i.color = property
		case "ispe":
			*width, *height = number(property[min(len(property), 12):], 4), number(property[min(len(property), 16):], 4)
		}
	}
	return i.config != nil && len(i.data) > 0 && *width > 0 && *height > 0
}
