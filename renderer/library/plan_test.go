package library_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
)

// wholeTable is the line of a plan that reads a table from end to end, in either database, empty for none. What is read
// along an index that gives the order, up to a limit, is no such line; a count of everything, or of everything but
// something, is allowed.
func wholeTable(plan string) string {
	query, lines, _ := strings.Cut(plan, "\n")
	if strings.Contains(query, "COUNT(*)") && (strings.HasSuffix(query, "WHERE TRUE") || strings.Contains(query, "FROM assets AS d WHERE NOT ")) {
		return ""
	}
	all := strings.Split(lines, "\n")
	for i, line := range all {
		switch {
		case line == "SCAN d" && strings.Contains(query, "AS least FROM ("): // The sample that was taken.
		case strings.Contains(line, "Seq Scan on "):
			return line
		case strings.HasPrefix(line, "SCAN ") && !strings.Contains(line, "USING") && !ownTables.MatchString(line):
			return line
		case strings.Contains(line, "Index") && strings.Contains(line, "Scan using") && strings.Contains(line, "cost=1000000"):
			return line
		case strings.Contains(query, "COUNT(*)") && strings.Contains(line, "Index Only Scan using") && i+1 < len(all) &&
			!strings.Contains(all[i+1], "Index Cond") && strings.Contains(line, " on asset"):
			return line
		}
	}
	return ""
}

// ownTables are what a plan of SQLite may scan without an index: what it has made itself, or one row.
var ownTables = regexp.MustCompile(`^SCAN (u|a[a-z]|t|c|n|\(.*|CONSTANT ROW|\d+ .*)$`)

// TestPlans explains every kind of query on a library that is large enough for an index to pay, with its statistics.
func TestPlans(t *testing.T) {
	databases.EachDSN(t, func(t *testing.T, driver, dsn string) {
		const n = 6_000
		l := openAt(t, driver, dsn)
		if err := librarytest.Fill(t.Context(), driver, dsn, n); err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		key := library.Key{ResourceType: library.Image, Type: "upload", PublicID: "catalog/d42/item_4242"}
		asset, err := l.Asset(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		// Every tenth is from somewhere on the diagonal of the globe, and has a file made of it.
		for _, statement := range []string{
			"INSERT INTO asset_places (asset_id, cell, latitude, longitude, created_at) SELECT asset_id, bytes * 1000000000, bytes * 0.01, bytes * 0.01, created_at FROM assets WHERE bytes % 10 = 0",
			"INSERT INTO derived (id, asset_id, version_id, key, transformation, format, bytes, width, height, etag, object_key, created_at) " +
				"SELECT asset_id, asset_id, version_id, 'k', 'w_' || bytes, 'jpg', 1, 1, 1, '', asset_id, created_at FROM assets WHERE bytes % 10 = 0",
			"INSERT INTO asset_values (asset_id, field, number, text, created_at) SELECT asset_id, 'transformations.count', bytes / 1000, '', created_at FROM assets WHERE bytes % 10 = 0",
			"ANALYZE",
		} {
			if err := l.Exec(ctx, statement); err != nil {
				t.Fatal(err)
			}
		}
		folder := "catalog/d7"
		questions := map[string]func() error{
			"lookup":          func() error { _, err := l.Asset(ctx, key); return err },
			"lookup by ID":    func() error { _, err := l.AssetByID(ctx, asset.AssetID); return err },
			"derived":         func() error { _, _, err := l.ListDerived(ctx, asset.AssetID, 10, ""); return err },
			"related":         func() error { _, _, err := l.Related(ctx, asset.AssetID, 10, ""); return err },
			"transformation":  func() error { _, err := l.TransformationUsed(ctx, "w_100"); return err },
			"transformations": func() error { _, err := l.UsedTransformations(ctx, "w", 50); return err },
			"derived by":      func() error { _, _, err := l.DerivedBy(ctx, "w_100", 10, ""); return err },
			"allowed":         func() error { _, err := l.AllowedTransformations(ctx, "w_100", "w_50"); return err },
			"complements":     func() error { _, err := l.Complements(ctx, asset.AssetID); return err },
			"values":          func() error { _, err := l.DynamicValues(ctx, "stock", 50); return err },
			"dead letters": func() error {
				_, _, err := l.ListJobs(ctx, library.JobList{Kind: "notification", Dead: true})
				return err
			},
			"a trigger's": func() error {
				_, _, err := l.ListJobs(ctx, library.JobList{Kind: "notification", Dead: true, Subject: "hook"})
				return err
			},
			"counted letters": func() error { _, err := l.CountDeadJobs(ctx, "notification", "hook"); return err },
			"tags":            func() error { _, _, err := l.Tags(ctx, library.Image, "t10x", 50, ""); return err },
			"folders":         func() error { _, _, _, err := l.Folders(ctx, false, "catalog", 50, ""); return err },
		}
		for _, options := range []library.ListOptions{
			{}, {Ascending: true}, {ResourceType: library.Image}, {ResourceType: library.Image, Type: "upload"},
			{ResourceType: library.Image, Type: "upload", Prefix: "catalog/d7/"}, {ResourceType: library.Image, Type: "upload", PublicIDs: []string{key.PublicID, "x"}},
			{AssetIDs: []string{asset.AssetID}}, {Tag: "t100x7"}, {ResourceType: library.Image, Tag: "t100x7"}, {Folder: &folder},
			{ResourceType: library.Image, ContextKey: "alt"}, {ResourceType: library.Image, ContextKey: "alt", ContextValue: "photo 77"},
			{ResourceType: library.Image, ModerationKind: "manual", ModerationStatus: "pending"}, {ResourceType: library.Image, StartAt: asset.CreatedAt},
		} {
			page, err := l.List(ctx, options)
			if err != nil {
				t.Fatal(err)
			}
			next := options
			next.Cursor = page.NextCursor
			for _, options := range []library.ListOptions{options, next} {
				questions[fmt.Sprintf("list %+v", options)] = func() error { _, err := l.List(ctx, options); return err }
			}
		}
		for _, text := range []string{
			"", "resource_type:image", "type:upload AND format:png", "format=gif", "tags=t100x7", "tags:t100x7", "tags:t100x*", "tags=t100x*",
			"tags=t100x7 AND tags=t1000x0", "tags=t100x7 OR tags=t100x9 OR bytes:[5 TO 10]", "-tags=t100x7", "tags=t1000x3 AND NOT format=png",
			"public_id:item_4242", "public_id=catalog/d42/item_4242", "public_id:catalog/d42/*", "filename=item_77", "photo", `"photo 77"`, `"item 77 nothing"`,
			"folder=catalog/d7", "folder:catalog/*", "context.alt:photo", `context.alt="photo 77"`, "context=alt", "metadata.stock=2000007",
			"metadata.stock:[2000007 TO 2000009]", "metadata.stock>2000990 AND width>100", "metadata=stock", "bytes:[100 TO 200]", "bytes>5900", "width=77",
			"height<50", "pixels:[100 TO 2000]", "aspect_ratio>49.9", "pages>2", "duration>2", "duration<50", "face_count>0", "version>1800000000", "created_at<2024-01-01", "uploaded_at<2023-01-01",
			"updated_at>3d", "colors:blue", "colors.blue>20", "quality_score>0.5", "taken_at>1y", "uploaded_by:ann", "created_by:*", "backup_bytes>1", "video_metadata.bit_rate>5", "video_metadata.audio.codec=aac", `location:"10,10 5km"`, `location:"10,10 11,11" AND tags=t100x7`, `location:"10,10 11,11 10,12"`, "location:*",
			`transformations="w_100"`, "transformations:w_1*", "transformations.count>2", "transformations.count<2 AND tags=t100x7", "image_metadata.Model:canon", "image_metadata.ISO>100", "grayscale:true", "access_control:token", "asset_id:" + asset.AssetID, "etag=77", "access_mode:private", "moderation_status:pending", "last_updated.tags_updated_at>1d",
			"(tags=t100x7 OR folder=catalog/d9) AND bytes>5",
		} {
			for _, sort := range [][]library.SortKey{nil, {{Field: "public_id"}}, {{Field: "bytes", Ascending: true}}, {{Field: "metadata.stock"}}, {{Field: "score"}}, {{Field: "context.alt", Ascending: true}}, {{Field: "transparent"}}} {
				options := library.SearchOptions{Expression: text, Sort: sort, MaxResults: 5, Aggregate: []library.Aggregate{{Field: library.AggregateFormat}}}
				found, err := l.Search(ctx, options)
				if err != nil {
					t.Fatalf("%s: %v", text, err)
				}
				// What finds most of the library reads and sorts it: no index is to be used for that.
				if found.Total > n/10 {
					options.Aggregate = nil
					if sort != nil && !slices.Contains([]string{"public_id", "bytes"}, sort[0].Field) {
						continue
					}
				}
				questions["search "+text+fmt.Sprint(sort)] = func() error { _, err := l.Search(ctx, options); return err }
			}
		}
		for name, question := range questions {
			plans, err := l.Explain(ctx, question)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if len(plans) == 0 {
				t.Errorf("%s: no query was seen", name)
			}
			for _, plan := range plans {
				if line := wholeTable(plan); line != "" {
					t.Errorf("%s: %s\n%s", name, line, plan)
				}
			}
		}
	})
}
