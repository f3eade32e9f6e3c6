package vips

import "testing"

func TestBareWebP(t *testing.T) {
	chunk := func(name, body string) string {
		s := name + string([]byte{byte(len(body)), 0, 0, 0}) + body
		if len(body)%2 == 1 {
			s += "\x00"
		}
		return s
	}
	file := func(chunks string) string {
		return "RIFF" + string([]byte{byte(4 + len(chunks)), 0, 0, 0}) + "WEBP" + chunks
	}
	extended := func(flags byte) string {
		return chunk("VP8X", string([]byte{flags})+"\x00\x00\x00\x09\x00\x00\x09\x00\x00")
	}
	picture := chunk("VP8 ", "odd")
	for _, c := range []struct{ name, in, want string }{
		{"plain", file(picture), file(picture)},
		{"only metadata", file(extended(0x0c) + picture + chunk("EXIF", "secret") + chunk("XMP ", "place")), file(picture)},
		{"alpha stays announced", file(extended(0x18) + chunk("ALPH", "a") + picture + chunk("EXIF", "secret")), file(extended(0x10) + chunk("ALPH", "a") + picture)},
		{"cut off", file(picture)[:14], file("")[:12]},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := string(bareWebP([]byte(c.in)))
			if c.name == "cut off" {
				got = got[:12]
			}
			if got != c.want {
				t.Errorf("\n got %q\nwant %q", got, c.want)
			}
		})
	}
}
