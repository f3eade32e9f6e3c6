package psd

import "encoding/binary"

// reader takes numbers and bytes off the front. After the end everything is zero and failed is set.
type reader struct {
	data   []byte
	at     int
	large  bool
	failed bool
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.data)-r.at {
		r.failed = true
		r.at = len(r.data)
		return nil
	}
	taken := r.data[r.at : r.at+n]
	r.at += n
	return taken
}

func (r *reader) rest() []byte { return r.data[r.at:] }

func (r *reader) u8() uint8 {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) u16() int {
	if b := r.take(2); b != nil {
		return int(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (r *reader) u32() int {
	if b := r.take(4); b != nil {
		return int(binary.BigEndian.Uint32(b))
	}
	return 0
}

func (r *reader) u64() int {
	b := r.take(8)
	if b == nil || b[0] != 0 {
		return 0
	}
	return int(binary.BigEndian.Uint64(b))
}

// length is a length that large documents write in eight bytes.
func (r *reader) length() int {
	if r.large {
		return r.u64()
	}
	return r.u32()
}

// blockLength is the length of a block of additional information.
func (r *reader) blockLength(key string) int {
	if !r.large {
		return r.u32()
	}
	switch key {
	case "LMsk", "Lr16", "Lr32", "Layr", "Mt16", "Mt32", "Mtrn", "Alph", "FMsk", "lnk2", "FEid", "FXid", "PxSD":
		return r.u64()
	}
	return r.u32()
}
