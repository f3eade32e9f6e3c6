package vips

import "testing"

func TestSmoke(t *testing.T) {
	s := render(t, "c_scale,w_150", jpegOf(t, position(640, 427)))
	s.wantSize(t, 150, 100)
}
