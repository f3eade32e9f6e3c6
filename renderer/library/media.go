package library

import (
	"encoding/json"
	"maps"
	"strconv"
)

// fieldVideoMetadata begins the fields of what the header of a video or sound says.
const fieldVideoMetadata = "video_metadata."

// media is Asset.Media as far as it is searched.
type media struct {
	Duration  float64 `json:"duration"`
	BitRate   int64   `json:"bitRate"`
	FrameRate float64 `json:"frameRate"`
	Frames    int64   `json:"frames"`
	Rotation  int64   `json:"rotation"`
	Picture   *struct {
		Codec       string `json:"codec"`
		Profile     string `json:"profile"`
		PixelFormat string `json:"pixelFormat"`
		Level       int64  `json:"level"`
		BitRate     int64  `json:"bitRate"`
		AspectRatio string `json:"aspectRatio"`
		TimeBase    string `json:"timeBase"`
	} `json:"picture"`
	Sound *struct {
		Codec     string `json:"codec"`
		BitRate   int64  `json:"bitRate"`
		Frequency int64  `json:"frequency"`
		Channels  int64  `json:"channels"`
		Layout    string `json:"layout"`
	} `json:"sound"`
	// Tags are what the makers of a file have written into it, by the names of ffprobe.
	Tags map[string]string `json:"tags"`
}

// media is what is kept of a video or sound; the zero value for others.
func (a *Asset) media() (m media) {
	if len(a.Media) == 0 || json.Unmarshal(a.Media, &m) != nil {
		return media{}
	}
	return m
}

// VideoMetadata is what the header of a video or sound says, by the names that answers give it, those of its streams after
// "video." and "audio.": nil for other assets, and for videos that were never looked at.
func (a *Asset) VideoMetadata() map[string]string {
	m := a.media()
	if m.Picture == nil && m.Sound == nil {
		return nil
	}
	values := map[string]string{}
	maps.Copy(values, m.Tags)
	set := func(name, value string) {
		if value != "" && value != "0" {
			values[name] = value
		}
	}
	set("duration", strconv.FormatFloat(m.Duration, 'f', -1, 64))
	set("bit_rate", strconv.FormatInt(m.BitRate, 10))
	if p := m.Picture; p != nil {
		set("frame_rate", strconv.FormatFloat(m.FrameRate, 'f', -1, 64))
		set("nb_frames", strconv.FormatInt(m.Frames, 10))
		values["rotation"] = strconv.FormatInt(m.Rotation, 10)
		set("video.codec", p.Codec)
		set("video.profile", p.Profile)
		set("video.pix_format", p.PixelFormat)
		set("video.level", strconv.FormatInt(p.Level, 10))
		set("video.bit_rate", strconv.FormatInt(p.BitRate, 10))
		set("video.dar", p.AspectRatio)
		set("video.time_base", p.TimeBase)
	}
	if s := m.Sound; s != nil {
		set("audio.codec", s.Codec)
		set("audio.bit_rate", strconv.FormatInt(s.BitRate, 10))
		set("audio.frequency", strconv.FormatInt(s.Frequency, 10))
		set("audio.channels", strconv.FormatInt(s.Channels, 10))
		set("audio.channel_layout", s.Layout)
	}
	return values
}
