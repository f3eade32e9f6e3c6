package upload

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloudinary/cloudinary-go/v2/api"
	"github.com/cloudinary/cloudinary-go/v2/api/uploader"
)

// fetched is what a link gives: status, headers and the whole body.
func (f *fixture) fetched(link string, err error) (*http.Response, []byte) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
	request, err := http.NewRequestWithContext(f.Context(), http.MethodGet, link, http.NoBody)
	if err != nil {
		f.Fatal(err)
	}
	response, err := f.server.Client().Do(request)
	if err != nil {
		f.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		f.Fatal(err)
	}
	return response, body
}

// unpacked are the files of an archive, by name.
func unpacked(t *testing.T, format string, content []byte) map[string]string {
	t.Helper()
	files := map[string]string{}
	keep := func(name string, r io.Reader) {
		body, err := io.ReadAll(r)
		if _, twice := files[name]; err != nil || twice {
			t.Fatalf("file %s, twice: %v, %v", name, twice, err)
		}
		files[name] = string(body)
	}
	if format == "zip" {
		archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range archive.File {
			r, err := file.Open()
			if err != nil {
				t.Fatal(err)
			}
			keep(file.Name, r)
		}
		return files
	}
	compressed, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewReader(compressed)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		keep(header.Name, archive)
	}
}

func names(files map[string]string) string { return strings.Join(slices.Sorted(maps.Keys(files)), " ") }

func TestArchives(t *testing.T) {
	onEach(t, func(f *fixture) {
		f.handler.deriver = &eagerNotes{}
		f.pictures("t", "f/a", "f/b", "c")
		f.expect(f.upload("/raw/upload", "n.txt", "some notes", "public_id", "f/a.txt", "tags", "t"))
		f.expect(f.upload("/raw/upload", "n.txt", "more notes", "public_id", "p.txt", "tags", "u", "type", "private"))
		f.expect(f.upload("/raw/upload", "n.txt", "other notes", "public_id", "q.txt", "tags", "u"))
		for _, test := range []struct {
			title, path string
			pairs       []string
			resources   int
			names       string
		}{
			{"public IDs", "/image/generate_archive", []string{"public_ids[]", "f/a", "public_ids[]", "c"}, 2, "c.png f/a.png"},
			{"tag", "/image/generate_archive", []string{"tags", "t"}, 3, "c.png f/a.png f/b.png"},
			{"tag of all types", "/all/generate_archive", []string{"tags", "t"}, 4, "c.png f/a.png f/a.txt f/b.png"},
			{"prefix, flattened", "/image/generate_archive", []string{"prefixes", "f/", "flatten_folders", "1"}, 2, "a.png b.png"},
			{"everything", "/image/generate_archive", []string{"prefixes", "/"}, 3, "c.png f/a.png f/b.png"},
			{"everything private", "/raw/generate_archive", []string{"prefixes", "/", "type", "private"}, 1, "p.txt"},
			{"tag of all delivery types", "/raw/generate_archive", []string{"tags", "u"}, 2, "p.txt q.txt"},
			{"tag of one delivery type", "/raw/generate_archive", []string{"tags", "u", "type", "private"}, 1, "p.txt"},
			{"qualified", "/auto/generate_archive", []string{"fully_qualified_public_ids", "raw/upload/f/a.txt,image/upload/c"}, 2, "c.png f/a.txt"},
			{"each once", "/image/generate_archive", []string{"tags", "t", "public_ids", "c"}, 3, "c.png f/a.png f/b.png"},
			{"original names", "/image/generate_archive", []string{"tags", "t", "use_original_filename", "1", "flatten_folders", "1"}, 3, "a.png a_1.png a_2.png"},
			{"transformations", "/image/generate_archive", []string{"public_ids", "f/a,f/b", "transformations", "w_5/jpg|w_6"}, 2, "w_5/f/a.jpg w_5/f/b.jpg w_6/f/a.png w_6/f/b.png"},
			{"transformations, flattened", "/image/generate_archive", []string{"public_ids", "f/a", "transformations", "w_5/r_3/jpg|w_6", "flatten_transformations", "1"}, 1, "f/a-w_5,r_3.jpg f/a-w_6.png"},
			{"transformations, unnamed", "/image/generate_archive", []string{"public_ids", "f/a", "transformations", "w_5|w_6", "skip_transformation_name", "1"}, 1, "f/a.png f/a_1.png"},
		} {
			for _, format := range []string{"zip", "tgz"} {
				t.Run(test.title+" "+format, func(t *testing.T) {
					got := f.expect(f.call(test.path, append(test.pairs, "target_format", format, "target_public_id", "packed/"+format, "target_tags", "z,y")...))
					key := fmt.Sprint(got.body["asset_id"])
					asset, err := f.library.AssetByID(t.Context(), key)
					if err != nil {
						t.Fatal(err)
					}
					r, err := f.bucket.Open(t.Context(), asset.ObjectKey)
					if err != nil {
						t.Fatal(err)
					}
					defer r.Close()
					content, err := io.ReadAll(r)
					if err != nil {
						t.Fatal(err)
					}
					files := unpacked(t, format, content)
					if names(files) != test.names || fmt.Sprint(got.body["file_count"]) != fmt.Sprint(len(files)) || fmt.Sprint(got.body["resource_count"]) != fmt.Sprint(test.resources) ||
						got.body["public_id"] != "packed/"+format+"."+format || got.body["resource_type"] != "raw" || fmt.Sprint(got.body["tags"]) != "[y z]" {
						t.Errorf("files %q, answer %s", names(files), got.text)
					}
					if notes, has := files["f/a.txt"]; has && notes != "some notes" {
						t.Errorf("f/a.txt is %q", notes)
					}
				})
			}
		}
	})
}

func TestAnArchiveTakesThePlaceOfAnEarlierOne(t *testing.T) {
	f := newFixture(t)
	f.pictures("t", "a", "b")
	first := f.expect(f.call("/image/generate_archive", "public_ids", "a", "target_public_id", "packed"))
	second := f.expect(f.call("/image/generate_archive", "tags", "t", "target_public_id", "packed"))
	if first.body["overwritten"] != nil || second.body["overwritten"] != true || first.body["asset_id"] != second.body["asset_id"] || fmt.Sprint(second.body["file_count"]) != "2" {
		t.Errorf("the first %s\nthe second %s", first.text, second.text)
	}
}

func TestArchivesThatAreRefused(t *testing.T) {
	onEach(t, func(f *fixture) {
		f.handler.deriver = &eagerNotes{}
		f.pictures("t", "a")
		for title, test := range map[string]struct {
			status  int
			pairs   []string
			message string
		}{
			"nothing asked for": {400, nil, "Missing required parameter - public_ids, fully_qualified_public_ids, tags or prefixes"},
			"missing ID":        {404, []string{"public_ids", "a,b"}, "Resource not found - b"},
			"empty tag":         {404, []string{"tags", "none"}, "No resources were found for the archive"},
			"format":            {400, []string{"public_ids", "a", "target_format", "rar"}, "Invalid target_format rar: it must be zip or tgz"},
			"mode":              {400, []string{"public_ids", "a", "mode", "x"}, "Invalid mode x: it must be create or download"},
			"many tags":         {400, []string{"tags", manyTags(21)}, "Too many tags. Got 21. Maximum is 20."},
			"qualified":         {400, []string{"fully_qualified_public_ids", "a"}, `Invalid value for fully_qualified_public_ids: "a" is not resource_type/type/public_id`},
			"target":            {400, []string{"public_ids", "a", "target_public_id", "a?b"}, "target_public_id (a?b.zip) is invalid: the character ? is not allowed"},
			"transformation":    {400, []string{"public_ids", "a", "transformations", "w_13"}, "Unlucky width"},
			"phash":             {400, []string{"public_ids", "a", "phash", "1"}, "Invalid value for phash: it is not available"},
		} {
			t.Run(title, func(*testing.T) {
				f.expectRefused(f.call("/image/generate_archive", test.pairs...), test.status, test.message)
			})
		}
		f.expectStoredAfterSweep(1)
		got := f.expect(f.call("/image/generate_archive", "public_ids", "a,b", "tags", "none", "allow_missing", "1", "phash", "false"))
		if fmt.Sprintf("%v %v %v", got.body["missing_public_ids"], got.body["empty_tags"], got.body["file_count"]) != "[b] [none] 1" {
			t.Errorf("answer %s", got.text)
		}
	})
}

func TestSDKArchivesAndDownloads(t *testing.T) {
	onEach(t, func(f *fixture) {
		f.handler.deriver = &eagerNotes{}
		f.pictures("t", "f/a", "f/b")
		client := f.sdk("").Upload
		made, err := client.CreateZip(t.Context(), uploader.CreateArchiveParams{Tags: api.CldAPIArray{"t"}, Transformations: "w_5|w_6", TargetPublicID: "z"})
		if err != nil || made.Error.Message != "" || made.ResourceCount != 2 || made.FileCount != 4 || made.PublicID != "z.zip" {
			t.Errorf("create: %+v %v", made, err)
		}
		later := time.Now().Add(time.Hour)
		response, body := f.fetched(client.DownloadZipURL(uploader.CreateArchiveParams{PublicIDs: []string{"f/a", "f/b"}, ExpiresAt: &later}))
		if response.StatusCode != http.StatusOK || response.Header.Get("Content-Disposition") != "attachment; filename=archive.zip" || names(unpacked(t, "zip", body)) != "f/a.png f/b.png" {
			t.Errorf("download: %d %v %q", response.StatusCode, response.Header, body[:min(len(body), 200)])
		}
		if response, body = f.fetched(client.DownloadFolder("f", uploader.CreateArchiveParams{})); response.StatusCode != http.StatusOK || names(unpacked(t, "zip", body)) != "f/a.png f/b.png" {
			t.Errorf("folder: %d %v", response.StatusCode, response.Header)
		}
		response, body = f.fetched(client.PrivateDownloadURL(uploader.PrivateDownloadURLParams{PublicID: "f/a", Format: "png", Attachment: "true", ExpiresAt: &later}))
		if response.StatusCode != http.StatusOK || string(body) != picture("png", 40, 20) || response.Header.Get("Content-Type") != "image/png" ||
			response.Header.Get("Content-Disposition") != "attachment; filename=a.png" {
			t.Errorf("private download: %d %v", response.StatusCode, response.Header)
		}
		response, body = f.fetched(client.PrivateDownloadURL(uploader.PrivateDownloadURLParams{PublicID: "f/a", Format: "jpg"}))
		if response.StatusCode != http.StatusOK || string(body) != " of f/a" || response.Header.Get("Content-Disposition") != "inline; filename=a.jpg" {
			t.Errorf("converted: %d %v %q", response.StatusCode, response.Header, body)
		}
		earlier := time.Now().Add(-time.Second)
		response, body = f.fetched(client.PrivateDownloadURL(uploader.PrivateDownloadURLParams{PublicID: "f/a", ExpiresAt: &earlier}))
		if response.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), "The link has expired") {
			t.Errorf("expired: %d %s", response.StatusCode, body)
		}
		link, err := client.PrivateDownloadURL(uploader.PrivateDownloadURLParams{PublicID: "f/a"})
		response, body = f.fetched(strings.Replace(link, "f%2Fa", "f%2Fb", 1), err)
		if response.StatusCode != http.StatusUnauthorized || !strings.Contains(string(body), "Invalid Signature") {
			t.Errorf("changed link: %d %s", response.StatusCode, body)
		}
	})
}

// TestZipsOfTags asks by the links that the SDKs for .NET, Java, PHP, Python and Ruby make of a tag.
func TestZipsOfTags(t *testing.T) {
	onEach(t, func(f *fixture) {
		f.handler.deriver = &eagerNotes{}
		f.pictures("t", "f/a", "f/b")
		f.expect(f.upload("/raw/upload", "n.txt", "some notes", "public_id", "n.txt", "tags", "t"))
		link := func(path string, pairs ...string) (*http.Response, []byte) {
			return f.fetched(f.server.URL+"/v1_1/"+cloud+path+"?"+signed(pairs...).Encode(), nil)
		}
		for _, test := range []struct {
			path  string
			pairs []string
			names string
		}{
			{"/image/download_tag.zip", []string{"tag", "t"}, "f/a.png f/b.png"},
			{"/raw/download_tag.zip", []string{"tag", "t"}, "n.txt"},
			{"/image/download_tag.zip", []string{"tag", "t", "transformation", "w_5/r_3"}, "w_5,r_3/f/a.png w_5,r_3/f/b.png"},
		} {
			response, body := link(test.path, test.pairs...)
			if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "application/zip" || names(unpacked(t, "zip", body)) != test.names {
				t.Errorf("%v: %d %v %q", test.pairs, response.StatusCode, response.Header, body[:min(len(body), 200)])
			}
		}
		for message, pairs := range map[string][]string{
			"Missing required parameter - tag": nil, "No resources were found for the archive": {"tag", "none"}, "Unlucky width": {"tag", "t", "transformation", "w_13"},
		} {
			if response, body := link("/image/download_tag.zip", pairs...); response.StatusCode < 400 || !strings.Contains(string(body), message) {
				t.Errorf("%v: %d %s", pairs, response.StatusCode, body)
			}
		}
		if got := f.call("/image/download_tag.zip", "tag", "t"); got.status != http.StatusNotFound {
			t.Errorf("by POST: %s", got.text)
		}
		response, body := f.fetched(f.server.URL+"/v1_1/"+cloud+"/image/download_tag.zip?tag=t&api_key="+apiKey+"&timestamp=1&signature=x", nil)
		if response.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), "Stale request") {
			t.Errorf("unsigned: %d %s", response.StatusCode, body)
		}
	})
}
