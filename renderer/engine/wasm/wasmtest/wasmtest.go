// Package wasmtest assembles custom functions for tests.
package wasmtest

import "encoding/binary"

// Body is what a function does: bytes of instructions, without the end.
type Body []byte

// Instructions.
const (
	end, loop, brIf, getLocal, setLocal, teeLocal, getGlobal, setGlobal = 0x0b, 0x03, 0x0d, 0x20, 0x21, 0x22, 0x23, 0x24

	load8, store8, constant, equal, isZero, lessUnsigned, add, multiply, and, xor = 0x2d, 0x3a, 0x41, 0x46, 0x45, 0x49, 0x6a, 0x6c, 0x71, 0x73

	none, unreachable, br, growMemory = 0x40, 0x00, 0x0c, 0x40
)

// Invert is a module that inverts the colours of pictures of less than 256 pixels a side, and keeps their alpha.
func Invert() []byte {
	const width, height, image, result, at, length = 0, 1, 2, 5, 6, 7
	return Module(Body{
		getLocal, width, getLocal, height, multiply, constant, 4, multiply, setLocal, length,
		getGlobal, 0, setLocal, result,
		getLocal, result, getLocal, width, store8, 0, 3,
		getLocal, result, getLocal, height, store8, 0, 7,
		loop, none,
		getLocal, result, getLocal, at, add,
		getLocal, image, getLocal, at, add, load8, 0, 0,
		getLocal, at, constant, 3, and, constant, 3, equal, isZero, constant, 0xff, 0x01, multiply, xor,
		store8, 0, 8,
		getLocal, at, constant, 1, add, teeLocal, at, getLocal, length, lessUnsigned, brIf, 0,
		end,
		getLocal, result,
	})
}

// Endless is a module that never comes to an end.
func Endless() []byte { return Module(Body{loop, none, br, 0, end, constant, 0}) }

// Traps is a module that gives up.
func Traps() []byte { return Module(Body{unreachable}) }

// Greedy is a module that takes all memory that it is given, and then fails.
func Greedy() []byte {
	return Module(Body{
		loop, none, constant, 16, growMemory, 0, constant, 0x7f, equal, isZero, brIf, 0, end,
		unreachable,
	})
}

// Astray is a module whose result lies outside of its memory.
func Astray() []byte { return Module(Body{constant, 0x70}) }

// Unmeasured is a module whose result says that it has no size.
func Unmeasured() []byte { return Module(Body{constant, 0}) }

// Module is a module with an allocator that takes memory and never gives it back, and a function transform of five
// parameters and three more locals.
func Module(transform Body) []byte {
	alloc := Body{getGlobal, 0, getGlobal, 0, getLocal, 0, add, setGlobal, 0}
	const i32 = 0x7f
	out := []byte("\x00asm\x01\x00\x00\x00")
	out = section(out, 1, 3, // types
		0x60, 1, i32, 1, i32,
		0x60, 2, i32, i32, 0,
		0x60, 5, i32, i32, i32, i32, i32, 1, i32)
	out = section(out, 3, 3, 0, 1, 2)
	out = section(out, 5, 1, 0, 16)
	out = section(out, 6, 1, i32, 1, constant, 0x80, 0x08, end) // the heap begins at 1024
	var exports []byte
	for i, name := range []string{"alloc", "dealloc", "transform"} {
		exports = append(append(append(exports, byte(len(name))), name...), 0, byte(i))
	}
	exports = append(append(exports, 6), "memory\x02\x00"...)
	out = section(out, 7, append([]byte{4}, exports...)...)
	code := []byte{3}
	for i, body := range []Body{alloc, {}, transform} {
		function := []byte{0}
		if i == 2 {
			function = []byte{1, 3, i32}
		}
		function = append(append(function, body...), end)
		code = append(binary.AppendUvarint(code, uint64(len(function))), function...)
	}
	return section(out, 10, code...)
}

func section(out []byte, id byte, body ...byte) []byte {
	out = binary.AppendUvarint(append(out, id), uint64(len(body)))
	return append(out, body...)
}
