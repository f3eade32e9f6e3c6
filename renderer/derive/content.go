package derive

import (
	"bytes"
	"io"
	"os"
)

// Content is the bytes of a file, opened for one reader: in memory or on disk.
type Content struct {
	memory []byte
	file   *os.File
}

// FileContent is the content of an open file, which it takes over.
func FileContent(file *os.File) Content { return Content{file: file} }

// BytesContent is content that is in memory already.
func BytesContent(content []byte) Content { return Content{memory: content} }

// Send writes a part of the content to w, and says how many bytes it could write. From disk to a connection the kernel
// copies.
func (c Content) Send(w io.Writer, start, length int64) (int64, error) {
	if c.file == nil {
		n, err := w.Write(c.memory[start : start+length])
		return int64(n), err
	}
	if start > 0 {
		if _, err := c.file.Seek(start, io.SeekStart); err != nil {
			return 0, err
		}
	}
	return io.CopyN(w, c.file, length)
}

// Reader reads the content from where its file stands, the beginning unless Send has moved it.
func (c Content) Reader() io.Reader {
	if c.file == nil {
		return bytes.NewReader(c.memory)
	}
	return c.file
}

// Close releases the content. It must be called once.
func (c Content) Close() error {
	if c.file == nil {
		return nil
	}
	return c.file.Close()
}
