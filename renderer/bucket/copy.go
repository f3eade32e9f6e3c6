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
// progress, when not nil, is told now and then, beside the writing as well, how many bytes are written so far. It has
// returned for the last time when copyHashed returns. An error is that of r or w.
func copyHashed(w io.Writer, r io.Reader, sum hash.Hash, progress func(total int64)) (total int64, err error) {
	type filled struct {
		chunk *[chunkBytes]byte
		bytes int
	}
	waiting, written := make(chan filled, waitingChunks), make(chan int64, 1)
	var beside sync.WaitGroup
	beside.Go(func() {
		for f := range waiting {
			sum.Write(f.chunk[:f.bytes])
			chunks.Put(f.chunk)
		}
	})
	beside.Go(func() {
		for total := range written {
			if progress != nil {
				progress(total)
			}
		}
	})
	defer beside.Wait()
	defer close(waiting)
	defer close(written)
	for {
		chunk := chunks.Get().(*[chunkBytes]byte)
		n, ended := fill(chunk[:], r)
		if _, err := w.Write(chunk[:n]); err != nil {
			return total, err
		}
		total += int64(n)
		waiting <- filled{chunk, n}
		select {
		case written <- total:
		default: // It is busy, and will hear of a later total.
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
