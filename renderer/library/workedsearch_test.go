package library_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
)

// TestWorkedExamples asks what the documentation of the hosted service gives for examples, of assets that differ from each other by what
// an example is about.
func TestWorkedExamples(t *testing.T) {
	const day = 24 * time.Hour
	type assets struct {
		name  string
		age   time.Duration
		asset library.Asset
	}
	examples := []assets{
		{"last year's", 60 * day, library.Asset{}},
		{"old kitten", 14 * day, library.Asset{Tags: []string{"kitten"}, Bytes: 2 << 20}},
		{"kitten", time.Hour, library.Asset{Tags: []string{"kitten"}, Bytes: 2 << 20}},
		{"small kitten", time.Hour, library.Asset{Tags: []string{"kitten"}}},
		{"kittens", time.Hour, library.Asset{Tags: []string{"kitten basket"}, Bytes: 2 << 20}},
		{"shirt", time.Hour, library.Asset{Tags: []string{"white shirt"}}},
		{"old shirt", time.Hour, library.Asset{Tags: []string{"shirt", "archived"}}},
		{"pets", time.Hour, library.Asset{Tags: []string{"dogs and cats"}}},
		{"dogs", time.Hour, library.Asset{Tags: []string{"dogs", "and", "birds"}}},
		{"bird", time.Hour, library.Asset{Tags: []string{"red-cardinal"}}},
		{"summer", time.Hour, library.Asset{PublicID: "summer/2026/a"}},
		{"july", time.Hour, library.Asset{PublicID: "summer/2026/july/a"}},
		{"summers", time.Hour, library.Asset{PublicID: "summer/20261/a"}},
		{"product", time.Hour, library.Asset{PublicID: "products/a"}},
		{"no product", time.Hour, library.Asset{PublicID: "products_of/a"}},
		{"wide", time.Hour, library.Asset{Format: "png", Width: 1920, Height: 100}},
		{"wide gif", time.Hour, library.Asset{Format: "gif", Width: 1920, Height: 100}},
		{"200", time.Hour, library.Asset{Width: 200, Height: 10}},
		{"201", time.Hour, library.Asset{Width: 201, Height: 10}},
		{"1023", time.Hour, library.Asset{Width: 1023, Height: 10}},
		{"1024", time.Hour, library.Asset{Width: 1024, Height: 10}},
		{"minute", time.Hour, library.Asset{ResourceType: library.Video, Format: "mp4", Duration: 60}},
		{"hour", time.Hour, library.Asset{ResourceType: library.Video, Format: "mp4", Duration: 3600}},
		{"16:9", time.Hour, library.Asset{Width: 160, Height: 90}},
		{"stocked", time.Hour, library.Asset{Metadata: map[string]any{"in_stock_id": int64(51), "color_id": "green"}}},
		{"scarce", time.Hour, library.Asset{Metadata: map[string]any{"in_stock_id": int64(50), "color_id": "green", "sku": "x"}}},
		{"blue stock", time.Hour, library.Asset{Metadata: map[string]any{"in_stock_id": int64(51), "color_id": "blue"}}},
		{"campaign", time.Hour, library.Asset{Context: map[string]string{"alt": "The Summer campaign of 2026"}}},
		{"no campaign", time.Hour, library.Asset{Context: map[string]string{"alt": "campaign in summer", "title": "summer campaign"}}},
		{"approved", time.Hour, library.Asset{Moderation: []library.Moderation{{Kind: "manual", Status: "approved"}}}},
		{"approved in private", time.Hour, library.Asset{Type: "private", Moderation: []library.Moderation{{Kind: "manual", Status: "approved"}}}},
		{"colon", time.Hour, library.Asset{PublicID: "product:blue"}},
		{"colon of a tag", time.Hour, library.Asset{Tags: []string{"shirt:blue"}}},
		{"no colon", time.Hour, library.Asset{Tags: []string{"blue:shirt"}}},
		{"face", time.Hour, library.Asset{Faces: [][4]int{{1, 1, 2, 2}}, Analysis: json.RawMessage(`{"findings":{"keywords":{"colors":["blue"]}}}`)}},
		{"sky", time.Hour, library.Asset{Analysis: json.RawMessage(`{"findings":{"keywords":{"colors":["blue"]}}}`)}},
	}
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		now := clock.time
		byID := map[string]string{}
		var all []string
		for i, example := range examples {
			asset := example.asset
			for field, standard := range map[*string]string{&asset.ResourceType: library.Image, &asset.Type: "upload", &asset.Format: "jpg", &asset.PublicID: example.name} {
				if *field == "" {
					*field = standard
				}
			}
			if asset.Bytes == 0 {
				asset.Bytes = 100
			}
			asset.ObjectKey = "originals/" + asset.PublicID
			clock.time = now.Add(-example.age + time.Duration(i)*time.Second)
			librarytest.Store(t, l, &asset, library.StoreOptions{})
			byID[asset.PublicID] = example.name
			all = append(all, example.name)
		}
		clock.time = now
		slices.Reverse(all)
		for expression, want := range map[string][]string{
			"resource_type:image AND tags=kitten AND uploaded_at>1d AND bytes>1m": {"kitten"},
			"tags:shirt AND NOT tags=archived":                                    {"no colon", "colon of a tag", "shirt"},
			`tags="dogs and cats"`:                                                {"pets"},
			"tags:ca*":                                                            {"bird", "pets"},
			"folder=summer/2026 OR folder:summer/2026/*":                          {"july", "summer"},
			"public_id:products/*":                                                {"product"},
			"format=(jpg OR png) AND width>=1920":                                 {"wide"},
			"width:{200 TO 1024}":                                                 {"1023", "201"},
			"duration:[30 TO 120] AND resource_type:video":                        {"minute"},
			"uploaded_at:[4w TO 1w]":                                              {"old kitten"},
			`created_at>"2026-01-01T00:00:00Z"`:                                   all[:len(all)-1],
			`aspect_ratio="16:9"`:                                                 {"16:9"},
			"metadata.in_stock_id>50 AND metadata.color_id=green":                 {"stocked"},
			"metadata=sku":                                                        {"scarce"},
			`context.alt:"summer campaign"`:                                       {"campaign"},
			"moderation_status:approved AND -type:private":                        {"approved"},
			`product\:blue OR "shirt:blue"`:                                       {"colon of a tag", "colon"},
			"colors:blue AND face_count>=1":                                       {"face"},
			"":                                                                    all,
		} {
			found, err := l.Search(t.Context(), library.SearchOptions{Expression: expression})
			if err != nil {
				t.Errorf("%s: %v", expression, err)
				continue
			}
			var got []string
			for _, asset := range found.Assets {
				got = append(got, byID[asset.PublicID])
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s:\n got %s\nwant %s", expression, strings.Join(got, ", "), strings.Join(want, ", "))
			}
		}
	})
}
