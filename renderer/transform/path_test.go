package transform

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

func TestParsePath(t *testing.T) {
	image := func(a Address) Address {
		a.AssetType = "image"
		if a.Type == "" {
			a.Type = "upload"
		}
		return a
	}
	tests := []struct {
		name, path string
		want       Address
	}{
		{"bare", "/image/upload/sample.jpg", image(Address{Source: "sample.jpg", PublicID: "sample", Ext: "jpg"})},
		{"no slash in front", "image/upload/sample", image(Address{Source: "sample", PublicID: "sample"})},
		{"empty segments", "//image//upload///c_fill,w_1//v1//a//b.jpg/", image(Address{Transformation: "c_fill,w_1", Version: "1", Source: "a/b.jpg", PublicID: "a/b", Ext: "jpg"})},
		{"everything", "/video/private/s--abcdEF_-12345678901234567890abcd--/w_10/e_blur/v12/dir/clip.MP4",
			Address{AssetType: "video", Type: "private", Signature: "abcdEF_-12345678901234567890abcd", Transformation: "w_10/e_blur", Version: "12", Source: "dir/clip.MP4", PublicID: "dir/clip", Ext: "mp4"}},
		{"signature of dashes", "/image/upload/s----SjmNDA--/image.jpg", image(Address{Signature: "--SjmNDA", Source: "image.jpg", PublicID: "image", Ext: "jpg"})},
		{"odd signature is a folder", "/image/upload/s--short--/image.jpg", image(Address{Source: "s--short--/image.jpg", PublicID: "s--short--/image", Ext: "jpg"})},

		{"last segment is never a component", "/image/upload/w_100", image(Address{Source: "w_100", PublicID: "w_100"})},
		{"component before such an ID", "/image/upload/w_100/w_100", image(Address{Transformation: "w_100", Source: "w_100", PublicID: "w_100"})},
		{"version ends the transformation", "/image/upload/t_transf1/v1/my_path/sample.jpg", image(Address{Transformation: "t_transf1", Version: "1", Source: "my_path/sample.jpg", PublicID: "my_path/sample", Ext: "jpg"})},
		{"folder that looks like a component", "/image/upload/my_path/sample.jpg", image(Address{Transformation: "my_path", Source: "sample.jpg", PublicID: "sample", Ext: "jpg"})},
		{"long prefix is a folder", "/image/upload/path_a/w_1/sample.jpg", image(Address{Source: "path_a/w_1/sample.jpg", PublicID: "path_a/w_1/sample", Ext: "jpg"})},
		{"one piece that is none", "/image/upload/w_100,foo/a.jpg", image(Address{Source: "w_100,foo/a.jpg", PublicID: "w_100,foo/a", Ext: "jpg"})},
		{"version as the last segment", "/image/upload/v12", image(Address{Source: "v12", PublicID: "v12"})},
		{"several versions", "/image/upload/w_10/v1/v1234/a/b.jpg", image(Address{Transformation: "w_10", Version: "1234", Source: "a/b.jpg", PublicID: "a/b", Ext: "jpg"})},
		{"nothing but the ID behind a version", "/image/upload/v1/w_10/b.jpg", image(Address{Version: "1", Source: "w_10/b.jpg", PublicID: "w_10/b", Ext: "jpg"})},
		{"stray commas", "/image/upload/,w_10,,h_5,/b.jpg", image(Address{Transformation: ",w_10,,h_5,", Source: "b.jpg", PublicID: "b", Ext: "jpg"})},
		{"commas alone", "/image/upload/,,/b.jpg", image(Address{Source: ",,/b.jpg", PublicID: ",,/b", Ext: "jpg"})},
		{"escaped commas", "/image/upload/w_10%2Ch_5/b.jpg", image(Address{Transformation: "w_10%2Ch_5", Source: "b.jpg", PublicID: "b", Ext: "jpg"})},
		{"v and letters is a folder", "/image/upload/v12a/x.jpg", image(Address{Source: "v12a/x.jpg", PublicID: "v12a/x", Ext: "jpg"})},
		{"variables and conditions", "/image/upload/$w_10,$h/if_w_gt_$w/w_$w/if_else/if_end/a.jpg", image(Address{Transformation: "$w_10,$h/if_w_gt_$w/w_$w/if_else/if_end", Source: "a.jpg", PublicID: "a", Ext: "jpg"})},
		{"transformation stays escaped", "/image/upload/l_text:Arial_20:a%252Cb/a.jpg", image(Address{Transformation: "l_text:Arial_20:a%252Cb", Source: "a.jpg", PublicID: "a", Ext: "jpg"})},

		{"decoded once", "/image/upload/caf%C3%A9%2520a%20b/100%25.png", image(Address{Source: "caf%C3%A9%2520a%20b/100%25.png", PublicID: "café%20a b/100%", Ext: "png"})},
		{"plus is a plus", "/image/upload/a+b%2Bc.jpg", image(Address{Source: "a+b%2Bc.jpg", PublicID: "a+b+c", Ext: "jpg"})},
		{"dots in the name", "/image/upload/logo.v2.jpg", image(Address{Source: "logo.v2.jpg", PublicID: "logo.v2", Ext: "jpg"})},
		{"dot in a folder", "/image/upload/v1.2/logo", image(Address{Source: "v1.2/logo", PublicID: "v1.2/logo"})},
		{"no extension after a dot", "/image/upload/Mr.%20Smith", image(Address{Source: "Mr.%20Smith", PublicID: "Mr. Smith"})},
		{"hidden file", "/image/upload/.jpg", image(Address{Source: ".jpg", PublicID: ".jpg"})},
		{"raw keeps the extension", "/raw/upload/v3/docs/a.tar.gz", Address{AssetType: "raw", Type: "upload", Version: "3", Source: "docs/a.tar.gz", PublicID: "docs/a.tar.gz"}},

		{"fetch, plain URL", "/image/fetch/w_10/https://example.com/a_b//c,d.png", image(Address{Type: "fetch", Transformation: "w_10", Source: "https://example.com/a_b//c,d.png", PublicID: "https://example.com/a_b//c,d.png"})},
		{"fetch, collapsed slashes", "/image/fetch/https:/example.com/a.png", image(Address{Type: "fetch", Source: "https://example.com/a.png", PublicID: "https://example.com/a.png"})},
		{"fetch, encoded URL", "/image/fetch/s--hH_YcbiS--/http%3A%2F%2Fexample.com%2Fa.png%3Fx%3D1", image(Address{Type: "fetch", Signature: "hH_YcbiS", Source: "http%3A%2F%2Fexample.com%2Fa.png%3Fx%3D1", PublicID: "http://example.com/a.png?x=1"})},
		{"fetch with version", "/image/fetch/v12/HTTP://example.com/", image(Address{Type: "fetch", Version: "12", Source: "HTTP://example.com/", PublicID: "HTTP://example.com/"})},

		{"root path", "/c_crop,w_10/sample.jpg", image(Address{Transformation: "c_crop,w_10", Source: "sample.jpg", PublicID: "sample", Ext: "jpg"})},
		{"root path with folder or suffix", "/w_10/v5/a/b.jpg", image(Address{Transformation: "w_10", Version: "5", Source: "a/b.jpg", PublicID: "a/b", Ext: "jpg", Suffix: "b", AlternateID: "a", AlternateSource: "a.jpg"})},
		{"shortened", "/iu/w_10/sample.jpg", image(Address{Transformation: "w_10", Source: "sample.jpg", PublicID: "sample", Ext: "jpg"})},
		{"suffix", "/images/w_10/v1/a/b/my-dog.jpg", image(Address{Transformation: "w_10", Version: "1", Source: "a/b.jpg", PublicID: "a/b", Ext: "jpg", Suffix: "my-dog", AlternateID: "a/b/my-dog", AlternateSource: "a/b/my-dog.jpg"})},
		{"suffix without extension", "/images/a/my-dog", image(Address{Source: "a", PublicID: "a", Suffix: "my-dog", AlternateID: "a/my-dog", AlternateSource: "a/my-dog"})},
		{"suffix with a dot is none", "/images/a/my.dog.jpg", image(Address{Source: "a/my.dog.jpg", PublicID: "a/my.dog", Ext: "jpg"})},
		{"no suffix", "/images/a.jpg", image(Address{Source: "a.jpg", PublicID: "a", Ext: "jpg"})},
		{"noise after a plural", "/images/upload/w_10/a/dog.jpg", image(Address{Transformation: "w_10", Source: "a.jpg", PublicID: "a", Ext: "jpg", Suffix: "dog", AlternateID: "a/dog", AlternateSource: "a/dog.jpg"})},
		{"private images", "/private_images/s--12345678--/a/dog.png", image(Address{Type: "private", Signature: "12345678", Source: "a.png", PublicID: "a", Ext: "png", Suffix: "dog", AlternateID: "a/dog", AlternateSource: "a/dog.png"})},
		{"authenticated images", "/authenticated_images/a/dog.png", image(Address{Type: "authenticated", Source: "a.png", PublicID: "a", Ext: "png", Suffix: "dog", AlternateID: "a/dog", AlternateSource: "a/dog.png"})},
		{"videos", "/videos/a/dog.mp4", Address{AssetType: "video", Type: "upload", Source: "a.mp4", PublicID: "a", Ext: "mp4", Suffix: "dog", AlternateID: "a/dog", AlternateSource: "a/dog.mp4"}},
		{"files", "/files/a/brochure.pdf", Address{AssetType: "raw", Type: "upload", Source: "a.pdf", PublicID: "a.pdf", Suffix: "brochure", AlternateID: "a/brochure.pdf", AlternateSource: "a/brochure.pdf"}},
		{"files without extension", "/files/a.pdf/brochure", Address{AssetType: "raw", Type: "upload", Source: "a.pdf", PublicID: "a.pdf", Suffix: "brochure", AlternateID: "a.pdf/brochure", AlternateSource: "a.pdf/brochure"}},
		{"social", "/image/youtube/w_10/dQw4w9WgXcQ.jpg", image(Address{Type: "youtube", Transformation: "w_10", Source: "dQw4w9WgXcQ.jpg", PublicID: "dQw4w9WgXcQ", Ext: "jpg"})},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParsePath(test.path)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(*got, test.want) {
				t.Errorf("%s\n got %+v\nwant %+v", test.path, *got, test.want)
			}
		})
	}
}

func TestParsePathErrors(t *testing.T) {
	tests := []struct {
		path    string
		status  int
		message string
	}{
		{"", http.StatusNotFound, "Resource not found - "},
		{"/", http.StatusNotFound, "Resource not found - /"},
		{"/image", http.StatusNotFound, "Resource not found - image"},
		{"/image/upload", http.StatusNotFound, "Resource not found - "},
		{"/image/upload/", http.StatusNotFound, "Resource not found - "},
		{"/image/stolen/a.jpg", http.StatusNotFound, "Unknown delivery type - stolen"},
		{"/video/gravatar/a.jpg", http.StatusNotFound, "Unknown delivery type - gravatar"},
		{"/image/fetch/example.com/a.jpg", http.StatusBadRequest, "Invalid URL for fetch - example.com/a.jpg"},
		{"/image/fetch/file:///etc/passwd", http.StatusBadRequest, "Invalid URL for fetch - file:///etc/passwd"},
		{"/image/upload/a%zz.jpg", http.StatusBadRequest, "Invalid public ID - a%zz"},
		{"/image/upload/a%00b.jpg", http.StatusBadRequest, "Invalid public ID - a%00b"},
		{"/image/upload/a%ffb.jpg", http.StatusBadRequest, "Invalid public ID - a%ffb"},
		{"/image/upload/" + strings.Repeat("a", 9000), http.StatusRequestURITooLong, "URL is too long"},
	}
	for _, test := range tests {
		t.Run(test.message, func(t *testing.T) {
			_, err := ParsePath(test.path)
			var p *problem.Problem
			if !errors.As(err, &p) || p.Status != test.status || p.Message != test.message {
				t.Errorf("got %#v, want %d %q", err, test.status, test.message)
			}
		})
	}
}

func TestFullID(t *testing.T) {
	for path, want := range map[string]string{
		"/image/upload/logo.V2":         "logo.V2",
		"/image/upload/w_1/caf%C3%A9.x": "café.x",
		"/image/upload/logo":            "logo",
		"/images/logo/dog.jpg":          "logo.jpg",
		"/raw/upload/a.txt":             "a.txt",
	} {
		address, err := ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := address.FullID(); got != want {
			t.Errorf("%s: FullID is %q, want %q", path, got, want)
		}
	}
}

func TestWithFolders(t *testing.T) {
	tests := []struct {
		path, transformation, id, source string
	}{
		{"/image/upload/w_10/my_path/w_20/a.jpg", "w_10", "my_path/w_20/a", "my_path/w_20/a.jpg"},
		{"/image/upload/my_p%20q/a.jpg", "", "my_p q/a", "my_p%20q/a.jpg"},
	}
	for _, test := range tests {
		address, err := ParsePath(test.path)
		if err != nil {
			t.Fatal(err)
		}
		lenient := address.WithFolders()
		if lenient == nil {
			t.Fatalf("%s: no lenient reading", test.path)
		}
		if lenient.Transformation != test.transformation || lenient.PublicID != test.id || lenient.Source != test.source || lenient.Ext != "jpg" {
			t.Errorf("%s: got %+v", test.path, *lenient)
		}
	}
	for _, path := range []string{"/image/upload/w_abc/a.jpg", "/image/upload/my_path/v1/a.jpg", "/image/upload/a.jpg", "/image/fetch/my_x/http://example.com/a"} {
		address, err := ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		if lenient := address.WithFolders(); lenient != nil {
			t.Errorf("%s: got %+v, want no lenient reading", path, *lenient)
		}
	}
}
