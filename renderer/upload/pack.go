package upload

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"strconv"

	"github.com/darkroom-media/darkroom/renderer/library"
)

// packer writes the entries of an archive, one after the other.
type packer interface {
	add(name string, asset *library.Asset, file *OpenFile) error
	close() error
}

// write writes the whole archive.
func (a *archive) write(ctx context.Context, w io.Writer) error {
	var p packer = &zipPacker{zip.NewWriter(w)}
	if a.format == "tgz" {
		compressed := gzip.NewWriter(w)
		p = &tarPacker{tar.NewWriter(compressed), compressed}
	}
	requests := a.transformations
	if len(requests) == 0 {
		requests = []eagerRequest{{}}
	}
	used := map[string]bool{}
	for _, asset := range a.assets {
		for _, request := range requests {
			file, err := a.handler.open(ctx, asset, request.transformation, request.format)
			if err != nil {
				return err
			}
			err = p.add(a.entryName(asset, request, file.Format, used), asset, file)
			if err := errors.Join(err, file.Close()); err != nil {
				return err
			}
		}
	}
	return p.close()
}

// unusedName adds a number to a name that is taken already.
func unusedName(stem, extension string, used map[string]bool) string {
	if extension != "" {
		extension = "." + extension
	}
	name := stem + extension
	for n := 1; used[name]; n++ {
		name = stem + "_" + strconv.Itoa(n) + extension
	}
	used[name] = true
	return name
}

type zipPacker struct{ *zip.Writer }

func (z *zipPacker) add(name string, asset *library.Asset, file *OpenFile) error {
	// Pictures and videos are compressed as they are.
	header := &zip.FileHeader{Name: name, Method: zip.Store, Modified: asset.UploadedAt}
	if asset.ResourceType == library.Raw {
		header.Method = zip.Deflate
	}
	entry, err := z.CreateHeader(header)
	if err == nil {
		_, err = io.Copy(entry, file.Content)
	}
	return err
}

func (z *zipPacker) close() error { return z.Close() }

type tarPacker struct {
	*tar.Writer
	compressed *gzip.Writer
}

func (t *tarPacker) add(name string, asset *library.Asset, file *OpenFile) error {
	err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: file.Bytes, ModTime: asset.UploadedAt, Format: tar.FormatPAX})
	if err == nil {
		_, err = io.Copy(t, file.Content)
	}
	return err
}

func (t *tarPacker) close() error { return errors.Join(t.Close(), t.compressed.Close()) }
