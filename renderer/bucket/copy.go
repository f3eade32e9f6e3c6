package bucket

import (
	"hash"
	"io"
	"sync"
)

const (
	// chunkBytes is how much is read, hashed and written at a time.
	chunkBytes = 256 << 10
	// waitingChunks is how many may wait for the hash.
	waitingChunks = 3
)

var chunks = sync.Pool{New: func() any { return new([chunkBytes]byte) }}

// copyHashed copies r to w until its end and adds everything to sum, beside the writing: hashing takes longer than it.
// progress, when not nil, is told how many bytes are written so far. An error is that of r, w or progress.
func copyHashed(w io.Writer, r io.Reader, sum hash.Hash, progress func(total int64) error) (total int64, err error) {
	type filled struct {
		chunk *[chunkBytes]byte
		bytes int
	}
	waiting := make(chan filled, waitingChunks)
	var hashing sync.WaitGroup
	hashing.Go(func() {
		for f := range waiting {
			sum.Write(f.chunk[:f.bytes])
			chunks.Put(f.chunk)
		}
	})
	defer hashing.Wait()
	defer close(waiting)
	for {
		chunk := chunks.Get().(*[chunkBytes]byte)
		n, ended := fill(chunk[:], r)
		if _, err := w.Write(chunk[:n]); err != nil {
			return total, err
		}
		total += int64(n)
		waiting <- filled{chunk, n}
		if progress != nil {
			if err := progress(total); err != nil {
				return total, err
			}
		}
		if ended != nil {
			if ended == io.EOF { //nolint:errorlint // The contract of io.Reader; a wrapped one is a failure.
				ended = nil
			}
			return total, ended
		}
	}
}

// fill reads until chunk is full or r ends. Unlike io.ReadFull it leaves r's error as it is: a reader that has been cut off
// says so by io.ErrUnexpectedEOF.
func fill(chunk []byte, r io.Reader) (n int, err error) {
	for n < len(chunk) && err == nil {
		var read int
		read, err = r.Read(chunk[n:])
		n += read
	}
	return n, err
}
