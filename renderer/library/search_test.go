package library_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

// gallery stores assets that differ in everything that searches look at, an hour apart, the newest last.
func gallery(t *testing.T, l *library.Library) *clock {
	t.Helper()
	clock := newClock(l)
	for _, a := range []*library.Asset{
		{PublicID: "products/shoes/item_1", UploadedBy: library.Uploader{Kind: library.UploaderKey, Name: "111"}, Tags: []string{"shirt", "Red"}, Bytes: 500, Width: 200, Height: 100, Metadata: map[string]any{"stock": int64(60), "color": "green", "sizes": []any{"s", "m"}}},
		{PublicID: "products/shoes/item_2", UploadedBy: library.Uploader{Kind: library.UploaderPreset, Name: "Web:1"}, Tags: []string{"dogs and cats", "archived"}, Format: "png", Bytes: 2 << 20, Width: 1920, Height: 1080, Context: map[string]string{"alt": "The great Summer campaign"}},
		{PublicID: "products/item_1_shoes", Tags: []string{"new york", "york city"}, Type: "private", Bytes: 600_000, Metadata: map[string]any{"stock": int64(9), "since": "2026-01-15"}},
		{PublicID: "summer/2026/july/beach", Tags: []string{"new york city", "Summer"}, DisplayName: "Große Bühne", Bytes: 5000, Alpha: true, Width: 1024, Height: 1024, AssetFolder: "trips/2026",
			AccessControl: []library.AccessRule{{Type: "token"}, {Type: "anonymous"}}, Analysis: json.RawMessage(`{"phash":"01","exif":{"GPSLatitude":"48/1, 51/1, 2768/100","GPSLatitudeRef":"N","GPSLongitude":"2/1, 17/1, 42/1","GPSLongitudeRef":"E"},"findings":` + findings + `}`)},
		{PublicID: "summer/2026", ResourceType: library.Raw, Format: "", Bytes: 7, Context: map[string]string{"category": "electronics", "alt": "campaign summer"}, AssetFolder: "trips"},
		{PublicID: "product:blue", ResourceType: library.Video, Format: "mp4", Bytes: 3 << 20, Width: 640, Height: 360, Duration: 90.5, Pages: 5, Media: json.RawMessage(media), Faces: [][4]int{{1, 2, 3, 4}},
			Moderation: []library.Moderation{{Kind: "manual", Status: "pending"}}},
	} {
		if a.ResourceType == "" {
			a.ResourceType = library.Image
		}
		if a.Type == "" {
			a.Type = "upload"
		}
		if a.Format == "" && a.ResourceType == library.Image {
			a.Format = "jpg"
		}
		a.ObjectKey = "originals/" + a.PublicID
		librarytest.Store(t, l, a, library.StoreOptions{})
		clock.advance(time.Hour)
	}
	return clock
}

// media is that of the gallery's video, made in Fiji.
const media = `{"format":"mp4","duration":90.5,"bitRate":1200000,"frameRate":29.97,"frames":2712,"rotation":90,"picture":{"codec":"h264","profile":"High","pixelFormat":"yuv420p","level":31},
	"sound":{"codec":"aac","frequency":48000,"channels":2,"layout":"stereo"},"tags":{"title":"A walk on the beach","com.apple.quicktime.location.ISO6709":"-17.7134+179.9990+012.3/"}}`

// findings are those of the gallery's beach.
const findings = `{"keywords":{"colors":["blue","white"],"grayscale":["false"]},"texts":{"image_metadata.Model":"Canon EOS 5D","image_metadata.ISO":"400"},"faces":2,
	"numbers":{"colors.blue":60.1,"colors.white":39.9,"illustration_score":0,"quality_score":0.75,"quality_analysis.focus":0.5,"accessibility_analysis.colorblind_accessibility_score":0.9,
	"taken_at":1556712000000000}}`

// short is a name for each asset of the gallery.
var short = map[string]string{"products/shoes/item_1": "1", "products/shoes/item_2": "2", "products/item_1_shoes": "3", "summer/2026/july/beach": "4",
	"summer/2026": "5", "product:blue": "6"}

func names(found *library.Found) string {
	var b strings.Builder
	for _, asset := range found.Assets {
		b.WriteString(short[asset.PublicID])
	}
	return b.String()
}

func TestSearchExpressions(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		gallery(t, l)
		for text, want := range map[string]string{
			"":                                     "654321",
			"resource_type:image":                  "4321",
			"resource_type=Video":                  "6",
			"type:private":                         "3",
			"-type:private AND format:jpg":         "41",
			"format=(png OR mp4)":                  "62",
			"format:*":                             "64321",
			"NOT format:*":                         "5",
			"tags:shirt":                           "1",
			"tags:red":                             "1",
			"tags=red":                             "",
			"tags=Red":                             "1",
			`tags="dogs and cats"`:                 "2",
			"tags=dogs":                            "",
			"tags:dogs":                            "2",
			`tags:"and cats"`:                      "2",
			`tags:"dogs cats"`:                     "",
			"tags:ca*":                             "2",
			"tags=dog*":                            "2",
			"tags:*":                               "4321",
			"-tags:* AND resource_type:video":      "6",
			`tags:"new york"`:                      "43",
			`tags:"new york city"`:                 "4",
			`tags:"new york ci*"`:                  "4",
			`tags:"york city"`:                     "43",
			"tags:new_york_city":                   "4",
			"public_id:products/shoes/item_1":      "1",
			"public_id:item_1":                     "31",
			"public_id:item_1_shoes":               "3",
			"public_id:products/*":                 "321",
			"public_id:products/shoes/item_*":      "21",
			"public_id=products/shoes/item_*":      "21",
			"public_id=products/shoes/item_1":      "1",
			"public_id:shoes":                      "321",
			"filename:shoes":                       "3",
			"filename=item_1":                      "1",
			"display_name:bühne":                   "4",
			`display_name="Große Bühne"`:           "4",
			"folder=products":                      "3",
			"folder:products":                      "321",
			"folder=products/shoes":                "21",
			"folder:products/*":                    "21",
			"folder=summer OR folder:summer/*":     "54",
			"folder=products OR folder:products/*": "321",
			"summer":                               "542",
			"summ*":                                "542",
			`"summer campaign"`:                    "2",
			`"great summer campaign"`:              "2",
			`"campaign great summer"`:              "",
			"context.category:electronics":         "5",
			"context.category=Electronics":         "",
			`context.alt:"summer campaign"`:        "2",
			`context.alt:"campaign summer"`:        "5",
			"context.alt:*":                        "52",
			"context:alt":                          "52",
			"context=category":                     "5",
			"context:*":                            "52",
			"metadata.stock>50":                    "1",
			"metadata.stock:[9 TO 60]":             "31",
			"metadata.stock:{9 TO 60]":             "1",
			"metadata.stock=9":                     "3",
			"metadata.color=green":                 "1",
			"metadata.sizes=m":                     "1",
			"metadata.sizes=x":                     "",
			"metadata=stock":                       "31",
			"metadata.since>=2026-01-15":           "3",
			"metadata.since>2026-01-15":            "",
			"metadata.since:2026-01-15":            "3",
			"bytes>1m":                             "62",
			"bytes:[500kb TO 2mb]":                 "32",
			"bytes<8":                              "5",
			"bytes=500b":                           "1",
			"width:{200 TO 1024}":                  "6",
			"width:[200 TO 1024]":                  "641",
			"width>=1920":                          "2",
			"width:*":                              "6421",
			"width>nothing":                        "",
			"pixels>=1048576":                      "42",
			`aspect_ratio="16:9"`:                  "62",
			"aspect_ratio=1":                       "4",
			"aspect_ratio>1.9":                     "1",
			"pages>1":                              "6",
			"duration>90":                          "6",
			"duration:>90":                         "6",
			"duration>90.5":                        "",
			"duration:90.5":                        "6",
			"duration=90.5s":                       "6",
			"duration:[90 TO 91]":                  "6",
			"duration:{90.5 TO 91]":                "",
			"duration>1.5m":                        "6",
			"duration<2M":                          "6",
			"duration<=90":                         "",
			"duration:*":                           "6",
			"NOT duration:* AND type:upload":       "5421",
			"duration>long":                        "",
			"face_count>=1":                        "64",
			"colors:blue":                          "4",
			"colors=Blue":                          "4",
			"colors:red":                           "",
			"colors:*":                             "4",
			"colors.blue>=20":                      "4",
			"colors.blue>60.5":                     "",
			"colors.red>=0":                        "",
			"colors.blue:*":                        "4",
			"colors:blue AND face_count>=1":        "4",
			"grayscale:false":                      "4",
			"grayscale:true":                       "",
			"illustration_score<0.5":               "4",
			"illustration_score=0":                 "4",
			"quality_score:[0.5 TO 1]":             "4",
			"quality_analysis.focus>0.4":           "4",
			"quality_analysis.focus>0.5":           "",
			"accessibility_analysis.colorblind_accessibility_score>0.8": "4",
			"taken_at:2019-05-01":                                                "4",
			"taken_at<2019-05-01":                                                "",
			"taken_at>20y":                                                       "4",
			"image_metadata.Model:canon":                                         "4",
			`image_metadata.Model:"eos 5d"`:                                      "4",
			`image_metadata.Model:"canon 5d"`:                                    "",
			`image_metadata.Model="Canon EOS 5D"`:                                "4",
			"image_metadata.Model=Canon":                                         "",
			"image_metadata.Model:*":                                             "4",
			"image_metadata.Model:can*":                                          "4",
			"image_metadata.ISO>=400":                                            "4",
			"image_metadata.ISO>400":                                             "",
			"canon":                                                              "",
			"video_metadata.bit_rate>1000000":                                    "6",
			"video_metadata.bit_rate:[1 TO 1200000]":                             "6",
			"video_metadata.video.codec=h264":                                    "6",
			"video_metadata.audio.channel_layout:stereo":                         "6",
			"video_metadata.rotation:90":                                         "6",
			"video_metadata.title:beach":                                         "6",
			`video_metadata.title:"the beach"`:                                   "6",
			`video_metadata.title:"beach the"`:                                   "",
			"video_metadata.title:be*":                                           "6",
			"video_metadata.frame_rate:*":                                        "6",
			"video_metadata.audio.codec:mp3":                                     "",
			`location:"48.8577,2.295 1km"`:                                       "4",
			`location:"48.8567, 2.295 50m"`:                                      "",
			`location="48.8577,2.295 0.2mi"`:                                     "4",
			`location:"48,2 49,3"`:                                               "4",
			`location:"49,2 48,3"`:                                               "4",
			`location:"48,3 49,2"`:                                               "",
			"location:[48,2 TO 49,3]":                                            "4",
			"location:[-18,179.9 TO -17,-179.9]":                                 "6",
			`location:"-17.7134,-179.999 1km"`:                                   "6",
			`location:"-17.7134,-179.999 100m"`:                                  "",
			`location:"-17.7134,-179.99 2000m"`:                                  "6",
			`location:"48.80,2.20 48.92,2.30 48.80,2.40"`:                        "4",
			`location:"48.80,2.20 48.84,2.30 48.80,2.40"`:                        "",
			`location:"-17,179 -18,179 -18,-179 -17,-179"`:                       "6",
			`location:"-17,-179 -18,-179 -18,179 -17,179"`:                       "6",
			`location:"-17,-179 -18,-179 -18,-178"`:                              "",
			`location:"90,0 20000km"`:                                            "64",
			`location:"0,0 99999999999999999999999999km"`:                        "64",
			`location:"90,0 4600km"`:                                             "4",
			`location:"48.8577,2.295 25000km"`:                                   "64",
			"location:*":                                                         "64",
			"NOT location:* AND bytes>1m":                                        "2",
			`resource_type:image AND NOT location:"48.8,2.2 49,3" AND width>100`: "21",
			`location:"48.8577,2.295 1km" OR tags:shirt`:                         "41",
			`location:"48.8577,2.295"`:                                           "",
			`location:"91,2 1km"`:                                                "",
			"location>1":                                                         "",
			"location:[* TO 49,3]":                                               "",
			"backup_bytes>0":                                                     "",
			"backup_bytes:*":                                                     "",
			"transformations:*":                                                  "",
			"transformations.count:0 AND type:private":                           "3",
			"access_control:token":                                               "4",
			"access_control:*":                                                   "4",
			"transparent:true":                                                   "4",
			"created_at>2h":                                                      "6",
			"created_at<2h":                                                      "4321",
			"uploaded_at:[4h TO 3h]":                                             "43",
			`created_at>"2026-01-31T08:14:00Z"`:                                  "65",
			`created_at>"2026-01-31T09:14:00+01:00"`:                             "65",
			"created_at:2026-01-31":                                              "654321",
			"created_at>2026-01-31":                                              "",
			"created_at<=2026-01-31":                                             "654321",
			"created_at:[* TO 2026-01-30]":                                       "",
			"moderation_status:pending":                                          "6",
			"moderation_status:pending AND moderation_kind:manual":               "6",
			"moderation_status:*":                                                "6",
			"status:active AND tags:shirt":                                       "1",
			"status:inactive":                                                    "",
			"folder=/products/shoes/":                                            "21",
			"folder:/summer/*":                                                   "4",
			"folder=/":                                                           "6",
			"folder:/":                                                           "6",
			`folder=""`:                                                          "6",
			"folder:/*":                                                          "54321",
			"folder=*":                                                           "54321",
			"status=Active":                                                      "654321",
			"status:(inactive OR act*)":                                          "654321",
			"uploaded_by:111":                                                    "1",
			"uploaded_by=\"web:1\"":                                              "2",
			"uploaded_by:we*":                                                    "2",
			"created_by:*":                                                       "21",
			"NOT created_by:* AND type:upload":                                   "654",
			"uploaded_by>1":                                                      "",
			"last_updated.updated_at>2h":                                         "6",
			"last_updated.tags_updated_at:*":                                     "",
			"nothing:x":                                                          "",
			"-nothing:x":                                                         "654321",
			"nothing>3 OR tags:shirt":                                            "1",
			`product\:blue OR "shirt:blue"`:                                      "6",
			"asset_id:00000000000000000000000000000000":                          "",
			"tags:shirt AND NOT tags=archived":                                   "1",
			"tags:york AND -tags:city":                                           "",
			"(tags:red OR tags:archived) AND width>1000":                         "2",
			"tags:(red OR archived OR york)":                                     "4321",
			"tags:york AND public_id:products*":                                  "3",
			"resource_type:image AND (tags:dogs OR bytes>1m) AND -format=gif": "2",
			"folder:summer AND (resource_type:raw OR tags:new)":               "54",
			"tags:'!!!'": "",
			"a\x00b":     "",
		} {
			found, err := l.Search(t.Context(), library.SearchOptions{Expression: text})
			if err != nil {
				t.Errorf("%s: %v", text, err)
			} else if got := names(found); got != want || found.Total != int64(len(want)) {
				t.Errorf("%s: found %s (%d), want %s", text, got, found.Total, want)
			}
		}
		found, err := l.Search(t.Context(), library.SearchOptions{Expression: "folder=trips OR asset_folder:trips/*", DynamicFolders: true})
		if err != nil || names(found) != "54" {
			t.Errorf("with dynamic folders: %s, %v", names(found), err)
		}
	})
}

func TestSearchOrderAndPages(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		gallery(t, l)
		for _, test := range []struct {
			expression string
			sort       []library.SortKey
			want       string
		}{
			{"", nil, "654321"},
			{"", []library.SortKey{{Field: "created_at", Ascending: true}}, "123456"},
			{"", []library.SortKey{{Field: "public_id", Ascending: true}}, "631254"},
			{"", []library.SortKey{{Field: "bytes"}}, "623415"},
			{"", []library.SortKey{{Field: "width", Ascending: true}, {Field: "created_at"}}, "164253"},
			{"", []library.SortKey{{Field: "width"}, {Field: "created_at", Ascending: true}}, "246135"},
			{"", []library.SortKey{{Field: "resource_type", Ascending: true}, {Field: "public_id"}}, "421356"},
			{"", []library.SortKey{{Field: "metadata.stock", Ascending: true}, {Field: "created_at"}}, "316542"},
			{"", []library.SortKey{{Field: "metadata.stock"}, {Field: "created_at"}}, "136542"},
			{"", []library.SortKey{{Field: "filename", Ascending: true}}, "541326"},
			{"summer OR tags:york OR tags:shirt", []library.SortKey{{Field: "updated_at", Ascending: true}}, "12345"},
			{"tags:*", []library.SortKey{{Field: "pixels"}}, "2413"},
			{"resource_type:image", []library.SortKey{{Field: "colors.blue"}, {Field: "created_at", Ascending: true}}, "4123"},
			{"resource_type:image", []library.SortKey{{Field: "taken_at", Ascending: true}, {Field: "created_at", Ascending: true}}, "4123"},
			{"resource_type:image", []library.SortKey{{Field: "image_metadata.ISO"}, {Field: "created_at"}}, "4321"},
			{"", []library.SortKey{{Field: "duration", Ascending: true}, {Field: "created_at"}}, "654321"},
			{"tags:new* OR tags:yor* OR bytes<10", []library.SortKey{{Field: "public_id"}}, "453"},
			{"metadata.stock>0", []library.SortKey{{Field: "public_id", Ascending: true}}, "31"},
			{"created_at<1d AND bytes>0", []library.SortKey{{Field: "score"}}, ""},
			{"bytes>0", []library.SortKey{{Field: "score"}}, "654321"},
			{"summer", []library.SortKey{{Field: "score"}}, "452"},
			{"summer", []library.SortKey{{Field: "score", Ascending: true}}, "254"},
			{"summer OR bytes>1m", []library.SortKey{{Field: "score"}, {Field: "bytes"}}, "4526"},
			{"summ* OR tags=Summer OR format:png", []library.SortKey{{Field: "score"}}, "425"},
			{"bytes>0 AND -summer", []library.SortKey{{Field: "score"}}, "631"},
			{"", []library.SortKey{{Field: "status", Ascending: true}}, "654321"},
			{"", []library.SortKey{{Field: "folder", Ascending: true}, {Field: "created_at"}}, "632154"},
			{"", []library.SortKey{{Field: "asset_folder"}, {Field: "created_at"}}, "452136"},
			{"", []library.SortKey{{Field: "format", Ascending: true}, {Field: "created_at"}}, "431625"},
			{"", []library.SortKey{{Field: "display_name", Ascending: true}, {Field: "created_at"}}, "465321"},
			{"", []library.SortKey{{Field: "transparent"}, {Field: "created_at"}}, "465321"},
			{"", []library.SortKey{{Field: "transparent", Ascending: true}, {Field: "created_at"}}, "653214"},
			{"", []library.SortKey{{Field: "grayscale", Ascending: true}, {Field: "created_at"}}, "465321"},
			{"", []library.SortKey{{Field: "animated", Ascending: true}, {Field: "created_at"}}, "654321"},
			{"", []library.SortKey{{Field: "access_mode"}, {Field: "created_at"}}, "654321"},
			{"", []library.SortKey{{Field: "access_control"}, {Field: "created_at"}}, "465321"},
			{"", []library.SortKey{{Field: "moderation_status", Ascending: true}, {Field: "created_at"}}, "654321"},
			{"", []library.SortKey{{Field: "moderation_kind"}, {Field: "created_at", Ascending: true}}, "612345"},
			{"", []library.SortKey{{Field: "context.alt", Ascending: true}, {Field: "created_at"}}, "256431"},
			{"", []library.SortKey{{Field: "context.alt"}, {Field: "created_at"}}, "526431"},
			{"", []library.SortKey{{Field: "tags", Ascending: true}, {Field: "created_at"}}, "142365"},
			{"tags:new* OR tags:yor*", []library.SortKey{{Field: "context.alt"}, {Field: "created_at"}}, "43"},
			{"", []library.SortKey{{Field: "metadata.color"}, {Field: "created_at", Ascending: true}}, "123456"},
			{"", []library.SortKey{{Field: "uploaded_by", Ascending: true}, {Field: "created_at"}}, "126543"},
			{"", []library.SortKey{{Field: "created_by"}, {Field: "created_at"}}, "216543"},
			{"", []library.SortKey{{Field: "last_updated.updated_at", Ascending: true}}, "123456"},
			{"", []library.SortKey{{Field: "last_updated.tags_updated_at"}, {Field: "created_at"}}, "654321"},
		} {
			for _, size := range []int{1, 2, 500} {
				options := library.SearchOptions{Expression: test.expression, Sort: test.sort, MaxResults: size}
				got := ""
				for pages := range maxPages {
					found, err := l.Search(t.Context(), options)
					if err != nil {
						t.Fatalf("%s by %v: %v", test.expression, test.sort, err)
					}
					got += names(found)
					if found.Total != int64(len(test.want)) {
						t.Errorf("%s by %v: page %d says %d, want %d", test.expression, test.sort, pages, found.Total, len(test.want))
					}
					if options.Cursor = found.NextCursor; options.Cursor == "" {
						break
					}
				}
				if got != test.want {
					t.Errorf("%s by %v in pages of %d: %s, want %s", test.expression, test.sort, size, got, test.want)
				}
			}
		}
	})
}

func TestSearchRefusals(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		gallery(t, l)
		found, err := l.Search(t.Context(), library.SearchOptions{Expression: "resource_type:image", MaxResults: 1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Search(t.Context(), library.SearchOptions{Expression: "resource_type:image", MaxResults: 7, Cursor: found.NextCursor}); err != nil {
			t.Errorf("with another size of page: %v", err)
		}
		for name, test := range map[string]struct {
			options library.SearchOptions
			message string
		}{
			"expression":        {library.SearchOptions{Expression: "tags:(a"}, "Invalid expression: this parenthesis is not closed, at position 6"},
			"wildcard":          {library.SearchOptions{Expression: "tags:*a"}, "Invalid expression: a wildcard cannot begin a term, at position 6"},
			"sort":              {library.SearchOptions{Sort: []library.SortKey{{Field: "colour"}}}, `sort_by: assets cannot be sorted by "colour"`},
			"another query":     {library.SearchOptions{Expression: "resource_type:raw", Cursor: found.NextCursor}, "it belongs to another query"},
			"another order":     {library.SearchOptions{Expression: "resource_type:image", Sort: []library.SortKey{{Field: "bytes"}}, Cursor: found.NextCursor}, "it belongs to another query"},
			"a cursor of lists": {library.SearchOptions{Cursor: "eyJxIjoiYSIsInQiOjEsImkiOiJiIn0"}, "it belongs to another query"},
			"damaged":           {library.SearchOptions{Expression: "resource_type:image", Cursor: found.NextCursor[:20]}, "it is damaged"},
		} {
			_, err := l.Search(t.Context(), test.options)
			p, ok := errors.AsType[*problem.Problem](err)
			if !ok || p.Status != http.StatusBadRequest || !strings.Contains(p.Message, test.message) {
				t.Errorf("%s: %v, want a 400 with %q", name, err, test.message)
			}
		}
	})
}

// TestCursorsOfOtherKinds gives numbers for texts and texts for numbers, which only a client can that has made its cursor itself.
func TestCursorsOfOtherKinds(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		gallery(t, l)
		for _, field := range []string{
			"created_at", "bytes", "aspect_ratio", "public_id", "etag", "folder", "access_mode", "created_by", "transparent", "score", "metadata.stock", "context.alt", "tags",
			"moderation_status", "location", "filename", "image_metadata.ISO", "transformations.count", "backup_bytes", "last_updated.updated_at",
		} {
			for _, ascending := range []bool{true, false} {
				options := library.SearchOptions{Expression: "summer OR type:upload", Sort: []library.SortKey{{Field: field, Ascending: ascending}}, MaxResults: 1}
				found, err := l.Search(t.Context(), options)
				if field == "location" {
					if problem.From(err).Message != `Invalid value for parameter sort_by: assets cannot be sorted by "location"` {
						t.Errorf("by location: %v", err)
					}
					continue
				}
				if err != nil || found.NextCursor == "" {
					t.Fatalf("%s: %v, %v", field, found, err)
				}
				text, err := base64.RawURLEncoding.DecodeString(found.NextCursor)
				if err != nil {
					t.Fatal(err)
				}
				var cursor map[string]any
				if err := json.Unmarshal(text, &cursor); err != nil {
					t.Fatal(err)
				}
				values := cursor["v"].([]any)
				for i, value := range values {
					changed := slices.Clone(values)
					if changed[i] = "text"; fmt.Sprintf("%T", value) == "string" {
						changed[i] = 5
					}
					cursor["v"] = changed
					text, err := json.Marshal(cursor)
					if err != nil {
						t.Fatal(err)
					}
					options.Cursor = base64.RawURLEncoding.EncodeToString(text)
					if _, err := l.Search(t.Context(), options); problem.From(err).Message != "Invalid value for parameter next_cursor: it is damaged" {
						t.Errorf("%s, value %d of %v: %v", field, i, values, err)
					}
				}
			}
		}
	})
}

func TestSearchFollowsChanges(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := gallery(t, l)
		finds := func(text, want string) {
			t.Helper()
			found, err := l.Search(t.Context(), library.SearchOptions{Expression: text})
			if err != nil || names(found) != want {
				t.Errorf("%s: found %s, %v, want %s", text, names(found), err, want)
			}
		}
		key := library.Key{ResourceType: library.Image, Type: "upload", PublicID: "products/shoes/item_1"}
		if _, err := l.UpdateAsset(t.Context(), key, func(asset *library.Asset) error {
			asset.Tags, asset.Metadata = []string{"blouse"}, nil
			asset.Moderation = []library.Moderation{{Kind: "manual", Status: library.ModerationRejected, UpdatedAt: clock.time}}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		finds("tags:shirt OR tags=shirt OR metadata.stock>50 OR metadata.sizes=s", "")
		finds("tags=blouse AND moderation_status:rejected", "1")
		finds("last_updated.access_control_updated_at:*", "")
		if _, err := l.UpdateAsset(t.Context(), key, func(asset *library.Asset) error {
			asset.AccessControl = []library.AccessRule{{Type: library.AccessToken}}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		finds("last_updated.access_control_updated_at>1h AND last_updated.public_id_updated_at:*", "")
		finds("last_updated.access_control_updated_at>1h", "1")
		sorted, err := l.Search(t.Context(), library.SearchOptions{MaxResults: 1, Sort: []library.SortKey{{Field: "last_updated.access_control_updated_at", Ascending: true}}})
		if err != nil || names(sorted) != "1" {
			t.Errorf("by the change of its access: %s, %v", names(sorted), err)
		}
		finds("last_updated.tags_updated_at<=1h", "")
		finds("last_updated.tags_updated_at>1h", "1")
		renamed, err := l.RenameAsset(t.Context(), key, library.Key{ResourceType: library.Image, Type: "private", PublicID: "moved/x"}, library.RenameOptions{})
		if err != nil {
			t.Fatal(err)
		}
		short["moved/x"] = "m"
		finds("public_id:item_1 AND folder=products/shoes", "")
		finds("public_id:moved/x AND type:private AND tags:blouse", "m")
		finds("asset_id:"+renamed.AssetID, "m")
		again := picture("moved/x")
		again.Type, again.Tags, again.ObjectKey = "private", []string{"third"}, "originals/again"
		librarytest.Store(t, l, again, overwrite())
		finds("tags:blouse", "")
		finds("tags:third", "m")
		if _, _, err := l.DeleteAsset(t.Context(), library.Key{ResourceType: library.Image, Type: "private", PublicID: "moved/x"}, library.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		finds("tags:third OR moved", "")
		for _, table := range []string{"asset_terms", "asset_values", "asset_texts", "asset_tags"} {
			if left, err := l.Ints(t.Context(), "SELECT COUNT(*) FROM "+table+" WHERE asset_id = '"+renamed.AssetID+"'"); err != nil || left[0] != 0 {
				t.Errorf("%s has %v rows of the deleted asset, %v", table, left, err)
			}
		}
	})
}

func TestAggregates(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		gallery(t, l)
		number := func(n float64) *float64 { return &n }
		aggregates := []library.Aggregate{
			{Field: library.AggregateFormat}, {Field: library.AggregateResourceType},
			{Field: library.AggregateBytes, Ranges: []library.CountRange{{Key: "small", To: number(500)}, {Key: "rest", From: number(500)}}},
			{Field: library.AggregateImagePixels, Ranges: []library.CountRange{{Key: "all"}, {Key: "large", From: number(1 << 20)}}},
			{Field: library.AggregateDuration, Ranges: []library.CountRange{{Key: "short", To: number(60)}, {Key: "long", From: number(60)}}},
		}
		for text, want := range map[string]string{
			"":                    "[[{jpg 3} { 1} {mp4 1} {png 1}] [{image 4} {raw 1} {video 1}] [{small 1} {rest 5}] [{all 4} {large 2}] [{short 0} {long 1}]]",
			"tags:*":              "[[{jpg 3} {png 1}] [{image 4}] [{small 0} {rest 4}] [{all 4} {large 2}] [{short 0} {long 0}]]",
			"tags:d* OR bytes<10": "[[{ 1} {png 1}] [{image 1} {raw 1}] [{small 1} {rest 1}] [{all 1} {large 1}] [{short 0} {long 0}]]",
			"metadata.stock>1":    "[[{jpg 2}] [{image 2}] [{small 0} {rest 2}] [{all 2} {large 0}] [{short 0} {long 0}]]",
			"nothing:x":           "[[] [] [{small 0} {rest 0}] [{all 0} {large 0}] [{short 0} {long 0}]]",
		} {
			found, err := l.Search(t.Context(), library.SearchOptions{Expression: text, Aggregate: aggregates, MaxResults: 1})
			if got := fmt.Sprint(found.Aggregations); err != nil || got != want {
				t.Errorf("%s: %s, %v, want %s", text, got, err, want)
			}
		}
	})
}

func TestDurationsThatAreNotKnownAreNotCounted(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		for name, duration := range map[string]float64{"known": 5, "unknown": 0} {
			asset := picture(name)
			asset.ResourceType, asset.Duration = library.Video, duration
			if err := l.ReserveObject(t.Context(), asset.ObjectKey, time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			if _, err := l.StoreAsset(t.Context(), asset, library.StoreOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		ten := 10.0
		found, err := l.Search(t.Context(), library.SearchOptions{MaxResults: 10, Aggregate: []library.Aggregate{{Field: library.AggregateDuration, Ranges: []library.CountRange{{Key: "short", To: &ten}, {Key: "all"}}}}})
		if err != nil || fmt.Sprint(found.Aggregations) != "[[{short 1} {all 1}]]" {
			t.Errorf("%+v, %v", found, err)
		}
	})
}
