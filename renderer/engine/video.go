package engine

import (
	"context"
	"fmt"
	"os"
	"time"
)

// VideoRequest asks what a file of moving pictures or of sound is.
type VideoRequest struct {
	File *os.File `json:"-"`
	// Limits.MaxInputPixels bounds width × height of a frame.
	Limits Limits `json:"limits"`
}

// Video describes a file of moving pictures or of sound, as its header does. What the header does not say is zero.
type Video struct {
	// Format is the canonical format name: mp4, mov, m4a, 3gp, webm, mkv, avi, ogv, mp3, ...
	Format string `json:"format"`
	// Width and Height are those of a frame as it is shown, turned by Rotation; zero for sound alone.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	// Duration is in seconds.
	Duration float64 `json:"duration,omitempty"`
	// BitRate is that of the whole file, in bits per second.
	BitRate int64 `json:"bitRate,omitempty"`
	// FrameRate is the average, in frames per second; Frames is how many there are.
	FrameRate float64 `json:"frameRate,omitempty"`
	Frames    int64   `json:"frames,omitempty"`
	// Rotation is by how many degrees stored frames are turned clockwise to be shown: 0, 90, 180 or 270.
	Rotation int `json:"rotation,omitempty"`
	// Picture and Sound are the first stream of each; nil where there is none. One of them there is.
	Picture *PictureStream `json:"picture,omitempty"`
	Sound   *SoundStream   `json:"sound,omitempty"`
	// Tags are what the makers of the file have written into it, by the names of ffprobe: title, artist, creation_time, location, ...
	Tags map[string]string `json:"tags,omitempty"`
}

// PictureStream is a stream of moving pictures, by the names of ffprobe.
type PictureStream struct {
	Codec       string `json:"codec"`
	Profile     string `json:"profile,omitempty"`
	PixelFormat string `json:"pixelFormat,omitempty"`
	// Level is that of the codec as its header writes it (31 is 3.1 of H.264); zero where the codec knows none.
	Level   int   `json:"level,omitempty"`
	BitRate int64 `json:"bitRate,omitempty"`
	// AspectRatio is that of a frame as it is shown ("16:9"), TimeBase the unit of its times in seconds ("1/12800").
	AspectRatio string `json:"aspectRatio,omitempty"`
	TimeBase    string `json:"timeBase,omitempty"`
}

// SoundStream is a stream of sound, by the names of ffprobe.
type SoundStream struct {
	Codec   string `json:"codec"`
	BitRate int64  `json:"bitRate,omitempty"`
	// Frequency is in samples per second.
	Frequency int    `json:"frequency,omitempty"`
	Channels  int    `json:"channels,omitempty"`
	Layout    string `json:"layout,omitempty"`
}

// VideoWorker does the jobs that other programs are needed for. It runs in the supervisor, so it looks at no byte of a file but
// the first ones, which tell the format: it says what is to be run, and reads what the program has printed.
type VideoWorker interface {
	// Video tells what request.File is.
	Video(ctx context.Context, launch Launcher, request *VideoRequest) (*Video, error)
	// Frame has a picture of a frame written to output, from offset 0.
	Frame(ctx context.Context, launch Launcher, request *FrameRequest, output *os.File) (*RenderResult, error)
	// Slideshow has a video written to output, from offset 0, and describes it.
	Slideshow(ctx context.Context, launch Launcher, request *SlideshowRequest, output *os.File) (*RenderResult, error)
}

// Launcher runs a program in a sandbox and waits for it. The error is a *problem.Problem where the program could not be run at
// all, took too long or too much memory, or where ctx has ended.
type Launcher func(ctx context.Context, launch *Launch) (*Ended, error)

// Launch is a program and what it gets.
type Launch struct {
	// Program is its path; Arguments do not begin with it.
	Program   string
	Arguments []string
	// Read are files that it may open for reading, by the names that Launched gives.
	Read []*os.File
	// Write is a file in memory that it may open for writing, too, behind those of Read; nil for none.
	Write *os.File
	// Output takes what it prints, from offset 0; nil keeps that for Ended.
	Output *os.File
}

// Ended is how a program has ended.
type Ended struct {
	// Failed says that its exit status was not 0.
	Failed bool
	// Output is what it printed, Said what it complained about, shortened.
	Output []byte
	Said   string
	// CPU is the processor time that it took.
	CPU time.Duration
}

// Launched is the name by which a program opens a file of Launch.Read, by its index; Launch.Write is behind the last.
func Launched(index int) string { return fmt.Sprintf("/proc/self/fd/%d", firstLaunched+index) }

// firstLaunched is the descriptor of the first file that a program gets, behind those of standard input, output and error.
const firstLaunched = 3
