package wasm

import (
	"encoding/binary"
	"fmt"
)

// meter makes a module count its instructions: a global holds what is left, which each function and each turn of a loop
// takes the instructions off that may run until the next such place, and where it falls below zero the module traps. The
// format is that of the WebAssembly Core Specification 2.0; what does not follow it is refused, and whatever comes out is
// validated again when it is compiled.
func meter(module []byte, fuel int64) ([]byte, error) {
	const magic = "\x00asm\x01\x00\x00\x00"
	if len(module) < len(magic) || string(module[:len(magic)]) != magic {
		return nil, ErrModule
	}
	var m metering
	sections, err := m.split(module[len(magic):])
	if err != nil {
		return nil, err
	}
	sections = withSection(withSection(sections, sectionGlobal), sectionExport)
	out := []byte(magic)
	for _, s := range sections {
		body := s.body
		switch s.id {
		case sectionGlobal:
			body, err = extended(body, func(count uint32) []byte {
				m.global = m.imported + count
				entry := []byte{0x7e, 0x01, opConst64} // a mutable i64
				return append(binarySigned(entry, fuel), opEnd)
			})
		case sectionExport:
			body, err = extended(body, func(uint32) []byte {
				entry := append(binary.AppendUvarint(nil, uint64(len(fuelName))), fuelName...)
				return binary.AppendUvarint(append(entry, 3), uint64(m.global))
			})
		case sectionCode:
			body, err = m.code(body)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, s.id)
		out = binary.AppendUvarint(out, uint64(len(body)))
		out = append(out, body...)
	}
	return out, nil
}

// fuelName is what the global is exported as.
const fuelName = "darkroom fuel"

// Sections, by their number.
const (
	sectionCustom = 0
	sectionImport = 2
	sectionTable  = 4
	sectionGlobal = 6
	sectionExport = 7
	sectionCode   = 10
)

// rank orders sections: a few have numbers out of order.
func rank(id byte) int {
	switch id {
	case 13: // tags, behind memories
		return 11
	case 12: // the number of data segments, in front of the code
		return 19
	}
	return 2 * int(id)
}

type section struct {
	id   byte
	body []byte
}

// metering is the state of a rewriting.
type metering struct {
	// imported is how many globals come from outside; global is the number of ours.
	imported, global uint32
}

// maxTable bounds the tables of a module.
const maxTable = 100_000

func (m *metering) split(data []byte) ([]section, error) {
	var sections []section
	r := &reader{data: data}
	for len(r.data) > 0 {
		s := section{id: r.byte()}
		s.body = r.take(r.number())
		if r.failed {
			return nil, ErrModule
		}
		var err error
		switch s.id {
		case sectionCustom: // names, that would not fit any more
			continue
		case sectionImport:
			err = m.readImports(s.body)
		case sectionTable:
			err = checkTables(s.body)
		}
		if err != nil {
			return nil, err
		}
		sections = append(sections, s)
	}
	return sections, nil
}

// withSection has an empty section of this number where there is none.
func withSection(sections []section, id byte) []section {
	at := len(sections)
	for i, s := range sections {
		if s.id == id {
			return sections
		}
		if rank(s.id) > rank(id) {
			at = min(at, i)
		}
	}
	out := append([]section{}, sections[:at]...)
	return append(append(out, section{id, []byte{0}}), sections[at:]...)
}

// extended appends an entry to a list.
func extended(body []byte, entry func(count uint32) []byte) ([]byte, error) {
	r := &reader{data: body}
	count := r.number()
	if r.failed {
		return nil, ErrModule
	}
	out := binary.AppendUvarint(nil, uint64(count)+1)
	return append(append(out, r.data...), entry(count)...), nil
}

func (m *metering) readImports(body []byte) error {
	r := &reader{data: body}
	for range r.number() {
		r.take(r.number())
		r.take(r.number())
		switch r.byte() {
		case 0:
			r.number()
		case 1:
			r.byte()
			r.limits()
		case 2:
			r.limits()
		case 3:
			r.take(2)
			m.imported++
		default:
			return ErrModule
		}
		if r.failed {
			return ErrModule
		}
	}
	return nil
}

func checkTables(body []byte) error {
	r := &reader{data: body}
	for range r.number() {
		r.byte()
		if least := r.limits(); least > maxTable {
			return fmt.Errorf("%w: it has a table of %d entries", ErrModule, least)
		}
		if r.failed {
			return ErrModule
		}
	}
	return nil
}

// code meters all functions.
func (m *metering) code(body []byte) ([]byte, error) {
	r := &reader{data: body}
	count := r.number()
	out := binary.AppendUvarint(nil, uint64(count))
	for range count {
		function := &reader{data: r.take(r.number())}
		if r.failed {
			return nil, ErrModule
		}
		metered, err := m.function(function)
		if err != nil {
			return nil, err
		}
		out = append(binary.AppendUvarint(out, uint64(len(metered))), metered...)
	}
	if r.failed || len(r.data) > 0 {
		return nil, ErrModule
	}
	return out, nil
}

// function copies a function with a charge at its begin and at that of every loop.
func (m *metering) function(r *reader) ([]byte, error) {
	whole := r.data
	for range r.number() {
		r.number()
		r.byte()
		if r.failed {
			return nil, ErrModule
		}
	}
	out := append([]byte{}, whole[:len(whole)-len(r.data)]...)
	for stretch := r.data; len(r.data) > 0; stretch = r.data {
		instructions, loops := int64(0), false
		for len(r.data) > 0 && !loops {
			instructions++
			var err error
			if loops, err = r.instruction(); err != nil {
				return nil, err
			}
		}
		out = m.charge(out, instructions)
		out = append(out, stretch[:len(stretch)-len(r.data)]...)
	}
	return out, nil
}

// Opcodes that are written.
const (
	opUnreachable = 0x00
	opIf          = 0x04
	opEnd         = 0x0b
	opGetGlobal   = 0x23
	opSetGlobal   = 0x24
	opConst64     = 0x42
	opLess64      = 0x53
	opSub64       = 0x7d
	noResult      = 0x40
)

// charge appends the instructions that take a price off the fuel.
func (m *metering) charge(out []byte, price int64) []byte {
	out = binary.AppendUvarint(append(out, opGetGlobal), uint64(m.global))
	out = append(binarySigned(append(out, opConst64), price), opSub64)
	out = binary.AppendUvarint(append(out, opSetGlobal), uint64(m.global))
	out = binary.AppendUvarint(append(out, opGetGlobal), uint64(m.global))
	return append(binarySigned(append(out, opConst64), 0), opLess64, opIf, noResult, opUnreachable, opEnd)
}

// binarySigned appends a signed number of base 128.
func binarySigned(out []byte, v int64) []byte {
	for {
		b := byte(v & 0x7f)
		v >>= 7
		if v == 0 && b&0x40 == 0 || v == -1 && b&0x40 != 0 {
			return append(out, b)
		}
		out = append(out, b|0x80)
	}
}
