// Package video has ffprobe and ffmpeg do what the engine needs them for: it builds their arguments and reads what they print. It
// starts nothing itself and looks at no byte of a file but the first ones.
//
// A file never chooses what reads it: the demuxer is named by the first bytes, one that follows names in files (playlists, lists of
// files) is not on the list, and the only protocol is that of files, of which the sandbox leaves the ones of the job.
package video
