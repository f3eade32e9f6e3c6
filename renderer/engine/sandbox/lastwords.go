package sandbox

import "sync"

// wordsSize is how much is kept of the beginning, and of the end, of what a child says.
const wordsSize = 2 << 10

// lastWords is an io.Writer that keeps the beginning and the end of what is written: a Go program that dies gives
// the reason first, a library right before the end.
type lastWords struct {
	mu      sync.Mutex
	head    []byte
	tail    []byte
	dropped bool
}

func (w *lastWords) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	first := min(len(p), wordsSize-len(w.head))
	w.head = append(w.head, p[:first]...)
	w.tail = append(w.tail, p[first:]...)
	if extra := len(w.tail) - wordsSize; extra > 0 {
		w.tail = append([]byte(nil), w.tail[extra:]...)
		w.dropped = true
	}
	return len(p), nil
}

func (w *lastWords) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dropped {
		return string(w.head) + "\n[...]\n" + string(w.tail)
	}
	return string(w.head) + string(w.tail)
}
