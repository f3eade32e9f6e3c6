package video

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// Tools are the programs, by their paths.
type Tools struct {
	FFprobe, FFmpeg string
}

var _ engine.VideoWorker = (*Tools)(nil)

// DefaultMaxInputPixels bounds the pixels of a frame where the request does not: those of 8192 × 8192.
const DefaultMaxInputPixels = 8192 * 8192

// Video tells what a file is. See engine.Engine.
func (t *Tools) Video(ctx context.Context, launch engine.Launcher, request *engine.VideoRequest) (*engine.Video, error) {
	format, demuxer := identify(request.File)
	if demuxer == "" {
		return nil, unsupported(errors.New("the first bytes are of no known format"))
	}
	limit := request.Limits.MaxInputPixels
	if limit <= 0 {
		limit = DefaultMaxInputPixels
	}
	// No frame above the limit is decoded, should that be needed to tell what it is.
	report, err := t.probe(ctx, launch, request, demuxer, "-max_pixels", strconv.FormatInt(min(limit, math.MaxInt32), 10), "-show_entries", entries)
	if err != nil {
		return nil, err
	}
	found := report.describe(format)
	if found == nil {
		return nil, unsupported(errors.New("there is neither a stream of pictures nor one of sound"))
	}
	if int64(found.Width)*int64(found.Height) > limit {
		return nil, problem.BadRequest("Video has too many pixels").Because(fmt.Errorf("%d x %d, the limit is %d", found.Width, found.Height, limit))
	}
	if found.Picture == nil || found.Frames > 0 {
		return found, nil
	}
	// Some formats do not say how many frames there are: they are counted, without being decoded.
	if report, err = t.probe(ctx, launch, request, demuxer, "-select_streams", strconv.Itoa(report.picture().Index), "-count_packets", "-show_entries", "stream=nb_read_packets"); err != nil {
		return nil, err
	}
	if len(report.Streams) == 1 {
		found.Frames = count(report.Streams[0].ReadPackets)
	}
	return found, nil
}

// entries are what is asked of a file.
const entries = "format=duration,bit_rate:format_tags:" +
	"stream=index,codec_type,codec_name,profile,level,width,height,pix_fmt,display_aspect_ratio,avg_frame_rate,r_frame_rate,time_base,bit_rate,duration,nb_frames,sample_rate,channels,channel_layout:" +
	"stream_disposition=attached_pic:stream_side_data=rotation"

// probe runs ffprobe over the file of a request.
func (t *Tools) probe(ctx context.Context, launch engine.Launcher, request *engine.VideoRequest, demuxer string, what ...string) (*report, error) {
	arguments := append([]string{"-v", "error", "-hide_banner", "-threads", "1", "-print_format", "json=compact=1"}, what...)
	ended, err := launch(ctx, &engine.Launch{Program: t.FFprobe, Arguments: append(arguments, reading(demuxer, 0)...), Read: []*os.File{request.File}})
	if err != nil {
		return nil, err
	}
	// What it could not look at for its size it may tell of all the same, by what the file says of itself.
	if strings.Contains(ended.Said, "exceeds specified max pixel count") {
		return nil, problem.BadRequest("Video has too many pixels").Because(fmt.Errorf("ffprobe: %s", ended.Said))
	}
	if ended.Failed {
		return nil, unsupported(fmt.Errorf("ffprobe: %s", ended.Said))
	}
	r := &report{}
	if err := json.Unmarshal(ended.Output, r); err != nil {
		return nil, problem.Failed(fmt.Errorf("reading what ffprobe has printed: %w", err))
	}
	return r, nil
}

// unsupported is the problem of a file that is no video.
func unsupported(cause error) error {
	return problem.BadRequest("Unsupported video format or file").Because(cause)
}

// report is what ffprobe prints.
type report struct {
	Streams []stream `json:"streams"`
	Format  struct {
		Duration string            `json:"duration"`
		BitRate  string            `json:"bit_rate"`
		Tags     map[string]string `json:"tags"`
	} `json:"format"`
}

// stream is a stream of a report. Numbers that are texts there may be missing.
type stream struct {
	Index              int    `json:"index"`
	Kind               string `json:"codec_type"`
	Codec              string `json:"codec_name"`
	Profile            string `json:"profile"`
	Level              int    `json:"level"`
	Width              int    `json:"width"`
	Height             int    `json:"height"`
	PixelFormat        string `json:"pix_fmt"`
	DisplayAspectRatio string `json:"display_aspect_ratio"`
	AverageFrameRate   string `json:"avg_frame_rate"`
	FrameRate          string `json:"r_frame_rate"`
	TimeBase           string `json:"time_base"`
	BitRate            string `json:"bit_rate"`
	Duration           string `json:"duration"`
	Frames             string `json:"nb_frames"`
	ReadPackets        string `json:"nb_read_packets"`
	SampleRate         string `json:"sample_rate"`
	Channels           int    `json:"channels"`
	ChannelLayout      string `json:"channel_layout"`
	Disposition        struct {
		AttachedPicture int `json:"attached_pic"`
	} `json:"disposition"`
	SideData []struct {
		Rotation *int `json:"rotation"`
	} `json:"side_data_list"`
}

// first is the first stream of a kind with a codec that is known, and with frames of some size where it is one of pictures. The
// picture on the cover of a record is no stream.
func (r *report) first(kind string) *stream {
	for i := range r.Streams {
		if s := &r.Streams[i]; s.Kind == kind && s.Codec != "" && (kind != kindPicture || s.Width > 0 && s.Height > 0 && s.Disposition.AttachedPicture == 0) {
			return s
		}
	}
	return nil
}

// Kinds of streams.
const kindPicture, kindSound = "video", "audio"

func (r *report) picture() *stream { return r.first(kindPicture) }

// describe gives what is known of a file; nil for one without streams.
func (r *report) describe(format string) *engine.Video {
	picture, sound := r.picture(), r.first(kindSound)
	if picture == nil && sound == nil {
		return nil
	}
	found := &engine.Video{Format: format, Duration: seconds(r.Format.Duration), BitRate: count(r.Format.BitRate), Tags: bounded(r.Format.Tags)}
	if found.Duration == 0 {
		for _, s := range r.Streams {
			found.Duration = max(found.Duration, seconds(s.Duration))
		}
	}
	if sound != nil {
		found.Sound = &engine.SoundStream{
			Codec: sound.Codec, BitRate: count(sound.BitRate), Frequency: int(count(sound.SampleRate)), Channels: sound.Channels, Layout: sound.ChannelLayout,
		}
	}
	if picture == nil {
		return found
	}
	if format == "ogg" {
		found.Format = "ogv"
	}
	found.Picture = &engine.PictureStream{
		Codec: picture.Codec, Profile: known(picture.Profile), PixelFormat: known(picture.PixelFormat), Level: max(picture.Level, 0), BitRate: count(picture.BitRate),
		AspectRatio: picture.DisplayAspectRatio, TimeBase: picture.TimeBase,
	}
	found.Width, found.Height, found.Frames = picture.Width, picture.Height, count(picture.Frames)
	if found.FrameRate = fraction(picture.AverageFrameRate); found.FrameRate == 0 {
		found.FrameRate = fraction(picture.FrameRate)
	}
	for _, data := range picture.SideData {
		if data.Rotation != nil {
			// ffprobe counts against the clock.
			found.Rotation = ((-*data.Rotation)%360 + 360) % 360
		}
	}
	if found.Rotation%180 == 90 {
		found.Width, found.Height = found.Height, found.Width
		if w, h, ok := strings.Cut(found.Picture.AspectRatio, ":"); ok {
			found.Picture.AspectRatio = h + ":" + w
		}
	}
	return found
}

// Bounds of the tags that are kept of a file, which may say of itself whatever it likes.
const (
	maxTags      = 64
	maxTagLength = 1024 // bytes, of a name or a value
)

// bounded are the first of the tags by name, without what is too long or no text.
func bounded(tags map[string]string) map[string]string {
	var kept map[string]string
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		value := strings.TrimSpace(tags[name])
		if name == "" || value == "" || len(name) > maxTagLength || len(value) > maxTagLength || !utf8.ValidString(name+value) || strings.ContainsRune(name+value, 0) || len(kept) == maxTags {
			continue
		}
		if kept == nil {
			kept = map[string]string{}
		}
		kept[name] = value
	}
	return kept
}

// known is a name, without those that say that there is none.
func known(name string) string {
	if name == "unknown" {
		return ""
	}
	return name
}

// seconds reads a time; what is none is zero.
func seconds(text string) float64 {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) || value < 0 {
		return 0
	}
	return value
}

// count reads a whole number; what is none is zero.
func count(text string) int64 {
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil || value < 0 {
		return 0
	}
	return value
}

// fraction reads a ratio of two whole numbers; one without a value is zero.
func fraction(text string) float64 {
	above, below, _ := strings.Cut(text, "/")
	a, b := count(above), count(below)
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
