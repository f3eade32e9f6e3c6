package derive

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/darkroom-media/darkroom/renderer/bucket"
	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// A mezzanine is a file of the engine with smaller copies of a photo. It is made beside the second file that is derived from
// the photo, of the same decoded pixels, and later files start from it. Whatever is wrong with it, the original is there: no
// request fails because of a mezzanine.

const (
	// mezzanineClaim is how long whoever makes a mezzanine has for it; one that could not be made or used is tried again then.
	mezzanineClaim = 10 * time.Minute
	// maxMezzanineBytes bounds what is stored of one; those of noisy photos have about two million.
	maxMezzanineBytes = 8 << 20
	// maxMezzanineQuality is up to which quality nobody can tell.
	maxMezzanineQuality = 95
	mezzanineType       = "application/octet-stream"
	// mezzanineFormat is what the cache calls one.
	mezzanineFormat = "mezzanine"
)

// mezzanine is what a rendering is given of one.
type mezzanine struct {
	// file is to start from, nil when there is none.
	file      *os.File
	objectKey string
	// make says that this rendering is to make it.
	make bool
}

func (m *mezzanine) close() {
	if m.file != nil {
		m.file.Close()
	}
}

// mezzanine finds that of a request; where claim says so and it is time for one, it claims the making of it.
func (d *Deriver) mezzanine(ctx context.Context, request *Request, claim bool) (found mezzanine) {
	asset := request.Asset
	if !request.mayStartSmaller() {
		return found
	}
	if found.file = d.madeLately(asset.VersionID); found.file != nil {
		return found
	}
	known, err := d.library.Mezzanine(ctx, asset.AssetID, asset.VersionID, d.now())
	switch {
	case err != nil:
	case known.ObjectKey != "":
		found.objectKey = known.ObjectKey
		found.file, err = d.openMezzanine(ctx, known)
		if errors.Is(err, bucket.ErrNotFound) {
			err = errors.Join(err, d.dropMezzanine(ctx, known.ObjectKey))
		}
	case known.Due && claim:
		found.make, err = d.library.ClaimMezzanine(ctx, asset.AssetID, asset.VersionID, d.now(), d.now().Add(mezzanineClaim))
	}
	if err != nil {
		d.logger.WarnContext(ctx, "a mezzanine cannot be used, and the original is taken", "asset", asset.AssetID, "error", err)
	}
	return found
}

// openMezzanine opens that of a library. What comes from far away is held in the cache, for the sizes to come.
func (d *Deriver) openMezzanine(ctx context.Context, known *library.Mezzanine) (*os.File, error) {
	if file := d.cache.File(mezzanineKey(known.ObjectKey)); file != nil {
		return file, nil
	}
	file, err := d.bucket.File(ctx, known.ObjectKey)
	if err == nil {
		d.keepMezzanine(known.ObjectKey, file, known.Bytes)
	}
	return file, err
}

// keepMezzanine copies one into the cache, unless the bucket is as near.
func (d *Deriver) keepMezzanine(objectKey string, content io.ReaderAt, bytes int64) {
	if !d.bucket.Remote() {
		return
	}
	key := mezzanineKey(objectKey)
	d.keep(key, &Meta{Bytes: bytes, ETag: hex.EncodeToString(key[:md5.Size]), Format: mezzanineFormat, CreatedAt: d.now()}, content)
}

// mezzanineKey is where the cache holds a mezzanine: each has an object of its own. Nobody is ever told its ETag.
func mezzanineKey(objectKey string) Key { return NewKey("", objectKey, mezzanineFormat, "") }

// dropMezzanine forgets one that cannot be used, and has another one made later on.
func (d *Deriver) dropMezzanine(ctx context.Context, objectKey string) error {
	return d.library.DropMezzanine(ctx, objectKey, d.now().Add(mezzanineClaim))
}

// settleMezzanine looks at what a rendering says of its mezzanine. One that was made is stored in the background; output.Mezzanine is
// taken over.
func (d *Deriver) settleMezzanine(ctx context.Context, asset *library.Asset, given mezzanine, output *engine.RenderResult) {
	ctx = context.WithoutCancel(ctx)
	if given.objectKey != "" && output.MezzanineDamaged {
		d.logger.WarnContext(ctx, "a mezzanine is damaged, and the original was taken", "asset", asset.AssetID, "object", given.objectKey)
		if err := d.dropMezzanine(ctx, given.objectKey); err != nil {
			d.logger.WarnContext(ctx, "a damaged mezzanine could not be dropped", "asset", asset.AssetID, "error", err)
		}
	}
	made := output.Mezzanine
	if made == nil {
		return
	}
	if !given.make || output.MezzanineBytes > maxMezzanineBytes {
		made.Close()
		return
	}
	d.mu.Lock()
	d.mezzanines[asset.VersionID] = made
	d.mu.Unlock()
	d.running.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, d.deadline)
		defer cancel()
		defer func() {
			d.mu.Lock()
			defer d.mu.Unlock()
			delete(d.mezzanines, asset.VersionID)
			made.Close()
		}()
		if err := d.storeMezzanine(ctx, asset, made, output.MezzanineBytes); err != nil {
			d.logger.WarnContext(ctx, "a mezzanine could not be stored", "asset", asset.AssetID, "error", err)
		}
	})
}

func (d *Deriver) storeMezzanine(ctx context.Context, asset *library.Asset, content io.ReaderAt, bytes int64) error {
	objectKey := bucket.NewKey("derived")
	if err := d.library.ReserveObject(ctx, objectKey, d.now().Add(reservation)); err != nil {
		return err
	}
	if _, err := d.bucket.Put(ctx, objectKey, io.NewSectionReader(content, 0, bytes), mezzanineType); err != nil {
		return err
	}
	if err := d.library.StoreMezzanine(ctx, asset.AssetID, asset.VersionID, objectKey, bytes); err != nil {
		return err
	}
	d.keepMezzanine(objectKey, content, bytes)
	return nil
}

// madeLately is the mezzanine of a version while it is being stored; nil when none is.
func (d *Deriver) madeLately(versionID string) *os.File {
	d.mu.Lock()
	defer d.mu.Unlock()
	made := d.mezzanines[versionID]
	if made == nil {
		return nil
	}
	descriptor, err := unix.FcntlInt(made.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil // there is the original
	}
	return os.NewFile(uintptr(descriptor), "mezzanine")
}

// mayStartSmaller tells whether nobody can tell from what comes of the request that it was not made of all pixels: it is a
// photo, scaled before anything else happens to it, and written with loss.
func (r *Request) mayStartSmaller() bool {
	return r.Mezzanines && r.Describe == nil && r.Asset.Format == "jpg" && isLossy(r.Format) && isForgiving(r.Plan.Output) &&
		!r.Plan.CallsRemote() && areForgiving(r.Plan.Components) && isScaled(r.Plan.Components)
}

func isLossy(format string) bool {
	return slices.Contains([]string{"jpg", "webp", "avif", "jxl"}, format)
}

// isForgiving says that a file is not written so exactly that small differences count.
func isForgiving(output transform.Output) bool {
	if output.Format != "" && !isLossy(output.Format) && output.Format != "auto" {
		return false
	}
	value := output.Quality.Value
	return value == nil || len(value.Expr) == 0 && value.Value <= maxMezzanineQuality
}

// areForgiving says that no component looks at single pixels. Effects are not told apart: many enlarge small differences.
func areForgiving(components []transform.Component) bool {
	for i := range components {
		c := &components[i]
		switch {
		case c.Branch != nil:
			if !areForgiving(c.Branch.Then) || !areForgiving(c.Branch.Else) {
				return false
			}
		case c.Page != "", c.Density != nil, c.Effect != nil, c.Function != nil, c.ColorSpace != "", len(c.Flags) > 0, len(c.Media) > 0:
			return false
		case c.Output != nil && !isForgiving(*c.Output):
			return false
		case c.Background != nil && (len(c.Background.Auto) > 0 || len(c.Background.Blurred) > 0):
			return false
		case c.Layer != nil && !(c.Layer.Kind == transform.LayerImage || c.Layer.Kind == transform.LayerText || c.Layer.Kind == transform.LayerFetch):
			return false
		case c.Layer != nil && c.Layer.Blend != "":
			return false
		case c.Resize != nil && (!scalesAll(c.Resize.Mode) || !isFixed(c.Position.Gravity)):
			return false
		}
	}
	return true
}

// scalesAll says that a mode needs no look at the picture.
func scalesAll(mode string) bool {
	switch mode {
	case transform.ModeAuto, transform.ModeAutoPad, transform.ModeImaggaCr, transform.ModeImaggaSc, transform.ModeCrop:
		return false
	}
	return true
}

// isFixed says that a gravity is a place whatever the picture shows.
func isFixed(gravity *transform.Gravity) bool {
	if gravity == nil {
		return true
	}
	return slices.Contains([]string{
		"center", "north", "south", "east", "west", "north_east", "north_west", "south_east", "south_west", "xy_center",
	}, gravity.Name)
}

// isScaled says that the picture is brought to a size of its own.
func isScaled(components []transform.Component) bool {
	for i := range components {
		c := &components[i]
		if c.Resize != nil || c.Branch != nil && (isScaled(c.Branch.Then) || isScaled(c.Branch.Else)) {
			return true
		}
	}
	return false
}
