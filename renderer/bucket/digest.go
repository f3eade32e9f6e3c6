package bucket

import (
	"crypto/md5"
	"encoding/hex"
	"io"
	"sync"
	"sync/atomic"
)

// chunkBytes is how much is read and hashed at a time.
const chunkBytes = 256 << 10

// digest is the MD5 of an object, computed beside what is done with its bytes, because it takes longer than receiving or
// writing them.
type digest struct {
	pieces chan piece
	ended  sync.Once
	done   chan struct{}
	sum    string
}

// piece is a part of a buffer.
type piece struct {
	data []byte
	of   *buffer
}

// newDigest begins a digest, behind which so many pieces may wait.
func newDigest(waiting int) *digest {
	d := &digest{pieces: make(chan piece, waiting), done: make(chan struct{})}
	go func() {
		defer close(d.done)
		hash := md5.New()
		for p := range d.pieces {
			hash.Write(p.data)
			p.of.release()
		}
		d.sum = hex.EncodeToString(hash.Sum(nil))
	}()
	return d
}

// add has a piece of a buffer hashed that nobody writes to before it is released.
func (d *digest) add(data []byte, of *buffer) {
	of.hold()
	d.pieces <- piece{data, of}
}

// end says that no more pieces come. It may be called again.
func (d *digest) end() { d.ended.Do(func() { close(d.pieces) }) }

// String waits for the end and is the MD5, hex.
func (d *digest) String() string {
	<-d.done
	return d.sum
}

// buffer is memory that several read. The last of them gives it back.
type buffer struct {
	data  []byte
	users atomic.Int32
	// back gives the memory back.
	back func()
}

// newBuffer is memory with one user.
func newBuffer(data []byte, back func()) *buffer {
	b := &buffer{data: data, back: back}
	b.hold()
	return b
}

func (b *buffer) hold() { b.users.Add(1) }

func (b *buffer) release() {
	if b.users.Add(-1) == 0 {
		b.back()
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

// beside runs f beside the caller; the function that it returns waits for it and gives its error, to any number of callers.
func beside(f func() error) (wait func() error) {
	done := make(chan struct{})
	var err error
	go func() {
		defer close(done)
		err = f()
	}()
	return func() error {
		<-done
		return err
	}
}
