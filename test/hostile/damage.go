package hostile

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
)

// Damaged are whole files cut off at several places, with bits flipped, with parts missing, and with parts twice.
func Damaged(whole map[string][]byte) []File {
	var files []File
	for _, name := range slices.Sorted(maps.Keys(whole)) {
		data := whole[name]
		for _, cut := range []int{1, 8, 20, len(data) / 3, len(data) / 2, len(data) - 1} {
			files = append(files, File{Name: fmt.Sprintf("the first %d of %d bytes of a %s", min(cut, len(data)), len(data), name), Data: data[:min(cut, len(data))]})
		}
		for seed := range 8 {
			files = append(files, File{Name: fmt.Sprintf("a %s with flipped bits, %d", name, seed), Data: flipped(data, seed)})
		}
		third := len(data) / 3
		files = append(files,
			File{Name: "a " + name + " without its middle", Data: append(bytes.Clone(data[:third]), data[2*third:]...)},
			File{Name: "a " + name + " with its middle twice", Data: slices.Concat(data[:2*third], data[third:])},
			File{Name: "a " + name + " whose middle is ones", Data: slices.Concat(data[:third], bytes.Repeat([]byte{0xff}, third), data[2*third:])},
		)
	}
	return files
}

// flipped changes bits at places that follow from the seed: in the first half of the seeds anywhere but in the signature, in
// the second half among the headers only.
func flipped(data []byte, seed int) []byte {
	out := bytes.Clone(data)
	among := len(out) - 8
	if seed >= 4 {
		among = min(among, 120)
	}
	state := uint32(seed*2654435761 + 1)
	for range 1 + among/100 {
		state = state*1664525 + 1013904223
		out[8+int(state>>8)%among] ^= 1 << (state >> 29)
	}
	return out
}
