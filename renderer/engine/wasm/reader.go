package wasm

import "fmt"

// reader takes parts off the front of a module. After the end, or a number that is too long, failed is set.
type reader struct {
	data   []byte
	failed bool
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) take(n uint32) []byte {
	if r.failed || uint64(n) > uint64(len(r.data)) {
		r.failed, r.data = true, nil
		return nil
	}
	taken := r.data[:n]
	r.data = r.data[n:]
	return taken
}

// number is an unsigned number of base 128 of up to 32 bits.
func (r *reader) number() uint32 {
	var v uint64
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		v |= uint64(b&0x7f) << shift
		if b&0x80 == 0 {
			if v > 1<<32-1 {
				r.failed = true
			}
			return uint32(v)
		}
	}
	r.failed, r.data = true, nil
	return 0
}

// skip reads over a number of base 128 of up to 64 bits.
func (r *reader) skip() {
	for range 10 {
		if r.byte()&0x80 == 0 {
			return
		}
	}
	r.failed, r.data = true, nil
}

// limits reads the least, and perhaps the most, of a table or memory, and gives the least.
func (r *reader) limits() uint32 {
	kind := r.byte()
	least := r.number()
	if kind&1 != 0 {
		r.number()
	}
	return least
}

// instruction reads over one instruction; loops says that it begins a loop.
func (r *reader) instruction() (loops bool, err error) {
	opcode := r.byte()
	known := true
	switch {
	case opcode >= 0x02 && opcode <= 0x04: // block, loop, if
		r.skip()
		loops = opcode == 0x03
	case opcode == 0x0e: // br_table
		for range r.number() {
			r.number()
			if r.failed {
				break
			}
		}
		r.number()
	case opcode == 0x0c, opcode == 0x0d, opcode == 0x10, opcode >= 0x20 && opcode <= 0x26, opcode == 0x3f, opcode == 0x40, opcode == 0xd2:
		r.number()
	case opcode == 0x11: // call_indirect
		r.number()
		r.number()
	case opcode == 0x1c: // select of a type
		r.take(r.number())
	case opcode >= 0x28 && opcode <= 0x3e:
		r.place()
	case opcode == 0x41, opcode == 0x42:
		r.skip()
	case opcode == 0x43:
		r.take(4)
	case opcode == 0x44:
		r.take(8)
	case opcode == 0xd0:
		r.byte()
	case opcode == 0xfc:
		known = r.bulk(r.number())
	case opcode == 0xfd:
		r.vector(r.number())
	case opcode <= 0x01, opcode == 0x05, opcode == 0x0b, opcode == 0x0f, opcode == 0x1a, opcode == 0x1b, opcode >= 0x45 && opcode <= 0xc4, opcode == 0xd1:
	default:
		known = false
	}
	switch {
	case r.failed:
		return false, ErrModule
	case !known:
		return false, fmt.Errorf("%w: its instruction %#x is not supported", ErrModule, opcode)
	}
	return loops, nil
}

// place reads over the alignment and offset of an access to memory.
func (r *reader) place() {
	r.number()
	r.number()
}

// bulk reads what follows the opcode of conversions and of operations on whole areas. Tables cannot grow.
func (r *reader) bulk(opcode uint32) (known bool) {
	switch {
	case opcode <= 7:
	case opcode == 9, opcode == 11, opcode == 13, opcode == 16, opcode == 17:
		r.number()
	case opcode == 8, opcode == 10, opcode == 12, opcode == 14:
		r.number()
		r.number()
	default:
		return false
	}
	return true
}

// vector reads what follows the opcode of an instruction on vectors of 128 bits.
func (r *reader) vector(opcode uint32) {
	switch {
	case opcode <= 11, opcode == 92, opcode == 93:
		r.place()
	case opcode == 12, opcode == 13:
		r.take(16)
	case opcode >= 21 && opcode <= 34:
		r.byte()
	case opcode >= 84 && opcode <= 91:
		r.place()
		r.byte()
	}
}
