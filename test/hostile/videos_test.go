package hostile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/engine/video/videotest"
	"github.com/darkroom-media/darkroom/test/standalone"
)

// TestVideos uploads videos that are broken, that lie about themselves, and that would have others read. Each is refused clearly
// or stored as it came, without anything that it refers to being looked at; and of what was stored a frame is asked for.
func TestVideos(t *testing.T) {
	lure := newLure(t)
	files := Videos(t, lure.url)
	renderer, dir := start(t)
	uploadGood(t, renderer)
	meter := startMeter(t, renderer.Process())
	supervisor, _ := engine(renderer.Process())
	before := [2]int{descriptors(renderer.Process()), descriptors(supervisor)}
	objects := filepath.Join(filepath.Dir(renderer.LogFile()), "bucket", "originals")
	for i, file := range files {
		t.Run(file.Name, func(t *testing.T) {
			for _, resourceType := range []string{"video", "auto"} {
				stored := len(filesBelow(t, objects))
				id := fmt.Sprintf("video-%d-%s", i, resourceType)
				status, header, answer, err := send(renderer, resourceType, url.Values{"public_id": {id}}, id, file.Data)
				if err != nil {
					t.Fatal(err)
				}
				reason := header.Get("X-Cld-Error")
				switch {
				case status == http.StatusOK && file.Refused && !bytes.Contains(answer, []byte(`"resource_type":"raw"`)):
					t.Errorf("%s: it was taken: %s", resourceType, answer)
				case status == http.StatusBadRequest && reason != "":
					if now := len(filesBelow(t, objects)); now != stored {
						t.Errorf("%s: %d objects of a refused file were left", resourceType, now-stored)
					}
				case status != http.StatusOK:
					t.Errorf("%s: %d %s", resourceType, status, answer)
				case resourceType == "video":
					expectFrame(t, renderer, id)
				}
			}
			if most := meter.take(renderer.Process()); most > memoryBound {
				t.Errorf("%d MB of memory were held", most>>20)
			}
		})
	}
	alive(t, renderer)
	if visits := lure.visits.Load(); visits > 0 {
		t.Errorf("%d connections to what files refer to", visits)
	}
	if after, _ := engine(renderer.Process()); after != supervisor {
		t.Errorf("the supervisor %d was replaced by %d", supervisor, after)
	}
	checkLeftovers(t, renderer, dir, supervisor, before)
}

// expectFrame asks for a picture of a video: there is one, or a clear reason why there is none.
func expectFrame(t *testing.T, renderer *standalone.Renderer, id string) {
	t.Helper()
	status, header, body, err := ask(http.MethodGet, renderer.URL+"/demo/video/upload/w_40/"+id+".jpg", "", nil)
	switch reason := header.Get("X-Cld-Error"); {
	case err != nil:
		t.Error(err)
	case status == http.StatusOK && bytes.HasPrefix(body, []byte("\xff\xd8")):
	case (status == http.StatusBadRequest || status == http.StatusGatewayTimeout) && reason != "":
	default:
		t.Errorf("its frame: %d %s", status, reason)
	}
}

// Videos are files of moving pictures and of sound that mean harm; lure is a URL that nothing may ask for.
func Videos(t *testing.T, lure string) []File {
	t.Helper()
	mp4 := videotest.Read(t, videotest.Make(t, "mp4", 1, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart"))
	indexLast := videotest.Read(t, videotest.Make(t, "mp4", 1))
	whole := map[string][]byte{
		"mp4": mp4, "webm": videotest.Read(t, videotest.Make(t, "webm", 1, "-c:v", "libvpx", "-c:a", "libopus")),
		"avi": videotest.Read(t, videotest.Make(t, "avi", 1)), "mp3": videotest.Read(t, videotest.Make(t, "mp3", 1, "-map", "1:a")),
		"ogv": videotest.Read(t, videotest.Make(t, "ogv", 1)), "ts": videotest.Read(t, videotest.Make(t, "ts", 1)),
		"flv": videotest.Read(t, videotest.Make(t, "flv", 1)), "flac": videotest.Read(t, videotest.Make(t, "flac", 1, "-map", "1:a")),
		"wmv": videotest.Read(t, videotest.Make(t, "wmv", 1)), "mxf": videotest.Read(t, videotest.Make(t, "mxf", 1, "-ar", "48000")),
	}
	files := []File{
		{Name: "an mp4 without its index", Data: indexLast[:len(indexLast)-2000], Refused: true},
		{Name: "an mp4 of nothing but its type", Data: mp4[:28], Refused: true},
	}
	for format, data := range whole {
		for _, cut := range []int{100, 1000, len(data) / 2} {
			files = append(files, File{Name: fmt.Sprintf("the first %d bytes of a file of %s", cut, format), Data: data[:cut]})
		}
		for seed := range 5 {
			files = append(files, File{Name: fmt.Sprintf("a file of %s with flipped bits, %d", format, seed), Data: flipped(data, seed)})
		}
	}
	playlist := fmt.Sprintf("#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-TARGETDURATION:1\n#EXT-X-MAP:URI=\"%[1]s/map\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"%[1]s/key\"\n"+
		"#EXTINF:1,\n%[1]s/a.ts\n#EXTINF:1,\nfile:///etc/passwd\n#EXTINF:1,\nconcat:file:///etc/passwd|%[1]s/b.ts\n#EXT-X-ENDLIST\n", lure)
	list := fmt.Sprintf("ffconcat version 1.0\nfile 'file:///etc/passwd'\nfile '%s/c.mp4'\n", lure)
	for name, refers := range map[string]string{
		"a playlist": playlist, "a list of files": list,
		"a description of a stream": fmt.Sprintf("v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\na=control:%s\n", lure),
		"a manifest":                fmt.Sprintf(`<?xml version="1.0"?><MPD><Period><AdaptationSet><Representation><BaseURL>%s/d.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>`, lure),
	} {
		for disguise, before := range map[string]string{
			"": "", " behind the tag of a sound": "ID3\x03\x00\x00\x00\x00\x00\x00", " that begins like an mp4": "\x00\x00\x00\x10ftypisom\x00\x00\x00\x00",
			" that begins like an mkv": "\x1aE\xdf\xa3", " in an ogg": "OggS", " in an avi": "RIFF\xff\xff\x00\x00AVI ",
		} {
			files = append(files, File{Name: name + disguise, Data: []byte(before + refers), Refused: true})
		}
	}
	return append(files, lyingVideos(t, mp4)...)
}

// lyingVideos say that they are larger or longer than anything can be.
func lyingVideos(t *testing.T, mp4 []byte) []File {
	t.Helper()
	change := func(data []byte, after string, offset int, value uint32) []byte {
		changed := bytes.Clone(data)
		for at := 0; ; {
			found := bytes.Index(changed[at:], []byte(after))
			if found < 0 {
				return changed
			}
			at += found + len(after)
			binary.BigEndian.PutUint32(changed[at+offset:], value)
		}
	}
	// Pictures are whole JPEG files there, with their size behind the marker of the frame.
	jpegs := videotest.Read(t, videotest.Make(t, "avi", 1, "-map", "0:v", "-c:v", "mjpeg", "-r", "2"))
	raw := videotest.Read(t, videotest.Make(t, "avi", 0.1, "-map", "0:v", "-c:v", "rawvideo", "-pix_fmt", "bgr24", "-s", "16x16"))
	// The size of its header, and width and height behind that.
	huge := bytes.Clone(raw)
	header := bytes.Index(huge, []byte("\x28\x00\x00\x00\x10\x00\x00\x00"))
	if header < 0 {
		t.Fatal("the header of the avi is not where it was")
	}
	binary.LittleEndian.PutUint32(huge[header+4:], 0xffff)
	binary.LittleEndian.PutUint32(huge[header+8:], 0xffff)
	return []File{
		{Name: "frames of four billion pixels that are JPEG", Data: change(jpegs, "\xff\xc0\x00\x11\x08", 0, 0xffdcffdc)},
		{Name: "frames of four billion pixels that are not packed", Data: huge, Refused: true},
		{Name: "a film without end", Data: change(change(mp4, "mvhd", 16, 0xfffffffe), "mdhd", 16, 0xfffffffe)},
		{Name: "a tick of no time", Data: change(change(mp4, "mvhd", 12, 0), "mdhd", 12, 0)},
		{Name: "frames that last for ever", Data: change(mp4, "stts", 12, 0x7fffffff)},
		{Name: "four billion runs of frames", Data: change(mp4, "stts", 4, 0xffffffff)},
		{Name: "four billion frames", Data: change(mp4, "stsz", 8, 0xffffffff)},
		{Name: "four billion frames of one size", Data: change(change(mp4, "stsz", 4, 1), "stsz", 8, 0xffffffff)},
		{Name: "four billion pieces", Data: change(mp4, "stco", 4, 0xffffffff)},
		{Name: "boxes in themselves", Data: append(bytes.Clone(mp4[:28]), bytes.Repeat([]byte("\x00\x00\x00\x00moov"), 20_000)...), Refused: true},
	}
}
