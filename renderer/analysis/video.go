package analysis

import (
	"encoding/json"
	"strconv"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// KeepVideo has an asset keep what the engine has told of its video or sound.
func KeepVideo(asset *library.Asset, found *engine.Video) error {
	kept, err := json.Marshal(found)
	if err != nil {
		return problem.Failed(err)
	}
	asset.ResourceType, asset.Format = library.Video, found.Format
	asset.Width, asset.Height, asset.Duration, asset.Media = found.Width, found.Height, found.Duration, kept
	return nil
}

// videoOf is what an asset keeps of its video or sound; nil for others, and for those that were stored before it was looked at.
func videoOf(asset *library.Asset) *engine.Video {
	if len(asset.Media) == 0 {
		return nil
	}
	found := &engine.Video{}
	if json.Unmarshal(asset.Media, found) != nil {
		return nil
	}
	return found
}

// ShowVideo adds what is known of a video or sound to an answer, in the shapes of Cloudinary's Upload API: rates of streams are
// texts there, those of the file a number.
func ShowVideo(object wire.Object, asset *library.Asset) {
	if asset.ResourceType != library.Video {
		return
	}
	found := videoOf(asset)
	if found == nil {
		object["is_audio"] = soundOnly(asset.Format)
		return
	}
	object["is_audio"] = found.Picture == nil
	object["duration"], object["bit_rate"] = found.Duration, found.BitRate
	picture, sound := wire.Object{}, wire.Object{}
	if p := found.Picture; p != nil {
		object["frame_rate"], object["nb_frames"], object["rotation"] = found.FrameRate, found.Frames, found.Rotation
		picture["codec"] = p.Codec
		for name, value := range map[string]string{"profile": p.Profile, "pix_format": p.PixelFormat, "dar": p.AspectRatio, "time_base": p.TimeBase, "bit_rate": number(p.BitRate)} {
			if value != "" {
				picture[name] = value
			}
		}
		if p.Level > 0 {
			picture["level"] = p.Level
		}
	}
	if s := found.Sound; s != nil {
		sound["codec"], sound["frequency"], sound["channels"] = s.Codec, s.Frequency, s.Channels
		if s.Layout != "" {
			sound["channel_layout"] = s.Layout
		}
		if s.BitRate > 0 {
			sound["bit_rate"] = number(s.BitRate)
		}
	}
	object["video"], object["audio"] = picture, sound
}

// number writes a number as a text; empty for none.
func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// soundOnly says that files of a format have sound only, as a rule.
func soundOnly(format string) bool {
	switch format {
	case "mp3", "aac", "m4a", "wav", "flac", "ogg":
		return true
	}
	return false
}
