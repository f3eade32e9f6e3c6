package library_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
)

// TestMethodsTestedElsewhere calls what the packages that use it test, so that its statements are explained, too.
func TestMethodsTestedElsewhere(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		ctx, soon := t.Context(), time.Now().Add(time.Hour)
		step := func(name string, err error) {
			t.Helper()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		a := librarytest.Store(t, l, picture("in/a"), library.StoreOptions{}).Asset
		b := librarytest.Store(t, l, picture("in/b"), library.StoreOptions{}).Asset
		_, err := l.Relate(ctx, a.AssetID, []string{b.AssetID}, nil)
		step("Relate", err)
		_, err = l.Unrelate(ctx, a.AssetID, []string{b.AssetID}, nil)
		step("Unrelate", err)
		step("Complement", l.Complement(ctx, a.AssetID, b.AssetID, "kind", map[string]any{"x": 1}))
		step("AllowTransformation", l.AllowTransformation(ctx, "w_1", true))
		step("AllowTransformation", l.AllowTransformation(ctx, "w_1", false))
		keys := []library.Key{{ResourceType: a.ResourceType, Type: a.Type, PublicID: a.PublicID}, {ResourceType: b.ResourceType, Type: b.Type, PublicID: b.PublicID}}
		_, err = l.UpdateAssets(ctx, keys, library.UpdateOptions{Change: func(a *library.Asset) error { a.Tags = []string{"t"}; return nil }})
		step("UpdateAssets", err)
		step("ReserveObject", l.ReserveObject(ctx, "originals/earlier", soon))
		earlier := *a
		earlier.VersionID, earlier.ObjectKey = strings.Repeat("0", 32), "originals/earlier"
		step("KeepEarlierVersion", l.KeepEarlierVersion(ctx, &earlier))
		step("LeaveMark", l.LeaveMark(ctx, "mark"))
		_, err = l.Size(ctx)
		step("Size", err)

		_, err = l.CreateFolder(ctx, true, "p/q", nil)
		step("CreateFolder", err)
		_, err = l.MoveFolder(ctx, "p", "r")
		step("MoveFolder", err)
		_, err = l.Folder(ctx, true, "r")
		step("Folder", err)
		for _, expression := range []string{"", "name=q*", "path:r", "created_at>1d"} {
			_, _, _, err = l.SearchFolders(ctx, library.FolderSearch{Dynamic: true, Expression: expression})
			step("SearchFolders "+expression, err)
		}
		_, err = l.DeleteFolder(ctx, true, "r")
		step("DeleteFolder", err)

		step("ReserveObjects", l.ReserveObjects(ctx, []string{"chunk", "other"}, soon))
		_, err = l.AddChunk(ctx, "upload", library.Chunk{First: 0, Last: 4, MD5: "x", ObjectKey: "chunk"}, 5)
		step("AddChunk", err)
		step("ReleaseChunks", l.ReleaseChunks(ctx, "upload"))
		step("DropChunks", l.DropChunks(ctx, "upload"))

		step("EnqueueJobs", l.EnqueueJobs(ctx, []library.NewJob{{Kind: "k", Lane: "one", Payload: json.RawMessage("{}")}, {Kind: "k", Lane: "two", Payload: json.RawMessage("{}")}}))
		_, err = l.ClaimLane(ctx, library.LaneClaim{Kind: "k", Lane: "one", Max: 1, Worker: "w", Now: soon, Until: soon.Add(time.Hour)})
		step("ClaimLane", err)
		job, err := l.ClaimJob(ctx, library.JobClaim{Kinds: []string{"k"}, Worker: "w", Now: soon, Until: soon.Add(time.Hour)})
		step("ClaimJob", err)
		step("RenewJob", l.RenewJob(ctx, job, soon.Add(2*time.Hour)))
		_, err = l.ReviveJobs(ctx, "k", []string{"id"}, "")
		step("ReviveJobs", err)
		_, err = l.ReviveJobs(ctx, "k", nil, "subject")
		step("ReviveJobs", err)

		step("StartImport", l.StartImport(ctx, "id", "name", "run", func(int64) library.NewJob { return library.NewJob{Kind: "import", Payload: json.RawMessage("{}")} }))
		row, err := l.Import(ctx, "id")
		step("Import", err)
		step("SaveImport", l.SaveImport(ctx, row, []library.ImportFailure{{Item: "i", Reason: "r"}}))
		_, err = l.Imports(ctx)
		step("Imports", err)
		_, err = l.ImportFailures(ctx, "id", 5, "")
		step("ImportFailures", err)
		if row, err = l.Import(ctx, "id"); err == nil {
			err = l.NoteImportReported(ctx, row)
		}
		step("NoteImportReported", err)
		step("SuspendImport", l.SuspendImport(ctx, "id"))
		step("FailImport", l.FailImport(ctx, "id", row.Epoch, "no"))
		step("ForgetImport", l.ForgetImport(ctx, "id"))
	})
}

// TestEveryMethodIsCalled holds that the statements of no method escape being explained.
func TestEveryMethodIsCalled(t *testing.T) {
	sources, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, source := range sources {
		content, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(content)
	}
	for method := range reflect.TypeFor[*library.Library]().Methods() {
		// Open calls Prepare.
		if method.Name != "Prepare" && !strings.Contains(all.String(), "."+method.Name+"(") {
			t.Errorf("no test of this package calls %s", method.Name)
		}
	}
}
