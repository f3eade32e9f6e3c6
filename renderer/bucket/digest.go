package bucket

import (
	"crypto/md5"
	"encoding"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
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
	state  string
}

// piece is a part of a buffer.
type piece struct {
	data []byte
	of   *buffer
}

// maxWaiting is how many pieces may wait for a digest: no store holds more memory for an object.
const maxWaiting = (partsAtOnce + 1) * (maxPartBytes/chunkBytes + 1)

// continued is an MD5 that goes on from a state; from the beginning, when that is empty.
func continued(state string) (hash.Hash, error) {
	h := md5.New()
	if state == "" {
		return h, nil
	}
	binary, err := base64.StdEncoding.DecodeString(state)
	if err == nil {
		err = h.(encoding.BinaryUnmarshaler).UnmarshalBinary(binary)
	}
	if err != nil {
		return nil, fmt.Errorf("going on from a state of MD5: %w", err)
	}
	return h, nil
}

// newDigest begins a digest by a hash of continued. It must be ended.
func newDigest(hash hash.Hash) *digest {
	d := &digest{pieces: make(chan piece, maxWaiting), done: make(chan struct{})}
	go func() {
		defer close(d.done)
		for p := range d.pieces {
			hash.Write(p.data)
			p.of.release()
		}
		d.sum = hex.EncodeToString(hash.Sum(nil))
		state, _ := hash.(encoding.BinaryMarshaler).MarshalBinary() // It has no error to give.
		d.state = base64.StdEncoding.EncodeToString(state)
	}()
	return d
}

// written is what was stored of so many bytes. It waits for the end.
func (d *digest) written(bytes int64) Written {
	<-d.done
	return Written{Bytes: bytes, MD5: d.sum, MD5State: d.state}
}

// add has a piece of a buffer hashed that nobody writes to before it is released.
func (d *digest) add(data []byte, of *buffer) {
	of.hold()
	d.pieces <- piece{data, of}
}

// end says that no more pieces come. It may be called again.
func (d *digest) end() { d.ended.Do(func() { close(d.pieces) }) }

// wait waits for the end.
func (d *digest) wait() { <-d.done }

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
