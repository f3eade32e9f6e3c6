package library_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/library/librarytest"
)

// The tests of this file have two of everything, and look at the one that is not meant.

func TestDerivedFilesAreApart(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		derived := map[string]*library.Derived{}
		assets := map[string]*library.Asset{}
		for _, name := range []string{"a", "b"} {
			assets[name] = librarytest.Store(t, l, picture(name), library.StoreOptions{}).Asset
			for _, width := range []string{"w_1", "w_2"} {
				d := derivedOf(assets[name], width)
				d.Transformation, d.ObjectKey = width, "derived/"+name+width
				derived[name+width] = librarytest.StoreDerived(t, l, d)
			}
		}
		// left are those that are found, each by its asset, version and key.
		left := func() string {
			var found []string
			for _, name := range []string{"aw_1", "aw_2", "bw_1", "bw_2"} {
				d, err := l.Derived(t.Context(), derived[name].AssetID, derived[name].VersionID, derived[name].Key)
				switch {
				case errors.Is(err, library.ErrNotFound):
				case err != nil || d.ID != derived[name].ID:
					t.Errorf("%s is found as %+v, %v", name, d, err)
				default:
					found = append(found, name)
				}
			}
			return strings.Join(found, " ")
		}
		if got := left(); got != "aw_1 aw_2 bw_1 bw_2" {
			t.Errorf("at first there are %s", got)
		}
		if _, err := l.Derived(t.Context(), assets["a"].AssetID, assets["b"].VersionID, "w_1"); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("a file of another version: %v", err)
		}
		asset, err := l.DeleteDerived(t.Context(), derived["bw_1"].ID)
		if err != nil || asset.AssetID != assets["b"].AssetID || left() != "aw_1 aw_2 bw_2" {
			t.Errorf("deleted one of %+v, %v, left are %s", asset, err, left())
		}
		key := library.Key{ResourceType: library.Image, Type: "upload", PublicID: "a"}
		if n, err := l.DeleteDerivedOf(t.Context(), key, []string{"w_2"}); err != nil || n != 1 || left() != "aw_1 bw_2" {
			t.Errorf("deleted %d, %v, left are %s", n, err, left())
		}
		if n, err := l.DeleteDerivedOf(t.Context(), key, nil); err != nil || n != 1 || left() != "bw_2" {
			t.Errorf("deleted %d, %v, left are %s", n, err, left())
		}
		due := garbage(t, l, clock.time)
		if slices.Sort(due); !slices.Equal(due, []string{"derived/aw_1", "derived/aw_2", "derived/bw_1"}) {
			t.Errorf("garbage is %q", due)
		}
	})
}

func TestCollectionsAreApart(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		ids := pictures(t, l, "a", "b", "c")
		made := map[string]*library.Collection{}
		for i, name := range []string{"first", "second"} {
			collection, err := l.CreateCollection(t.Context(), &library.Collection{Name: name})
			if err != nil {
				t.Fatal(err)
			}
			made[name] = collection
			members := []string{ids["a"], ids["b"], ids["c"]}
			if i == 1 {
				slices.Reverse(members)
			}
			if _, err := l.PlaceMembers(t.Context(), collection.ID, members, -1); err != nil {
				t.Fatal(err)
			}
			_, err = l.UpdateCollection(t.Context(), collection.ID, func(c *library.Collection) error {
				c.Share, c.ShareUntil = "link of the "+name, clock.time.Add(time.Duration(i+1)*time.Hour)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		expect := func(name, want string) {
			t.Helper()
			found, err := l.Collection(t.Context(), made[name].ID)
			if err != nil || found.Name != name || found.Members != int64(len(want)) || order(t, l, made[name].ID) != want {
				t.Errorf("%s is %+v, %v with %s, want %s", name, found, err, order(t, l, made[name].ID), want)
			}
		}
		expect("first", "abc")
		expect("second", "cba")
		if _, err := l.PlaceMembers(t.Context(), made["first"].ID, []string{ids["c"]}, 0); err != nil {
			t.Fatal(err)
		}
		expect("first", "cab")
		expect("second", "cba")
		if removed, err := l.RemoveMembers(t.Context(), made["first"].ID, []string{ids["a"]}); err != nil || len(removed) != 1 {
			t.Errorf("removed %q, %v", removed, err)
		}
		expect("first", "cb")
		expect("second", "cba")
		for name, want := range map[string]string{"first": "second", "second": "first second"} {
			var found []string
			page, total, _, err := l.Collections(t.Context(), library.CollectionFilter{AssetID: ids[map[string]string{"first": "a", "second": "b"}[name]]}, 10, "")
			for _, collection := range page {
				found = append(found, collection.Name)
			}
			if err != nil || strings.Join(found, " ") != want || int(total) != len(found) {
				t.Errorf("%q, %d, %v, want %s", found, total, err, want)
			}
			if shared, err := l.SharedCollection(t.Context(), "link of the "+name, clock.time); err != nil || shared.ID != made[name].ID {
				t.Errorf("the %s is shared as %+v, %v", name, shared, err)
			}
		}
		// One of the links has ended.
		for name, want := range map[string]error{"first": library.ErrNotFound, "second": nil} {
			if _, err := l.SharedCollection(t.Context(), "link of the "+name, clock.time.Add(time.Hour)); !errors.Is(err, want) {
				t.Errorf("the %s after an hour: %v", name, err)
			}
		}
		if err := l.DeleteCollection(t.Context(), made["first"].ID); err != nil {
			t.Fatal(err)
		}
		expect("second", "cba")
	})
}

func TestJobsAreApart(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		// Of two kinds, about two subjects each, one that is dead and one that is to run.
		names := map[string]string{}
		for _, kind := range []string{"call", "tell"} {
			for _, subject := range []string{"x", "y"} {
				for _, state := range []string{"dead", "due"} {
					name := kind + " " + subject + " " + state
					j := job(fmt.Sprintf("%032d", len(names)))
					j.Kind, j.Subject, j.MaxAttempts = kind, subject, 1
					names[j.ID] = name
					enqueue(t, l, j)
					if state == "due" {
						continue
					}
					claimed, err := l.ClaimJob(t.Context(), library.JobClaim{Kinds: []string{kind}, Worker: "w", Now: clock.time, Until: clock.time.Add(time.Minute)})
					for err == nil && claimed != nil && claimed.ID != j.ID {
						if err = l.ReturnJob(t.Context(), claimed); err == nil {
							t.Fatalf("claimed %s before %s", names[claimed.ID], name)
						}
					}
					if err != nil || claimed == nil {
						t.Fatal(claimed, err)
					}
					if err := l.BuryJob(t.Context(), claimed, "for good"); err != nil {
						t.Fatal(err)
					}
				}
				// Those that are due wait until the end, so that they are not claimed in the place of the next one.
				clock.advance(-time.Hour)
			}
		}
		clock.advance(4 * time.Hour)
		shown := func(jobs []*library.Job) string {
			var found []string
			for _, j := range jobs {
				found = append(found, names[j.ID])
			}
			slices.Sort(found)
			return strings.Join(found, ", ")
		}
		for want, list := range map[string]library.JobList{
			"call x dead, call y dead": {Kind: "call", Dead: true},
			"call x due, call y due":   {Kind: "call"},
			"tell y dead":              {Kind: "tell", Dead: true, Subject: "y"},
			"tell y due":               {Kind: "tell", Subject: "y"},
			"":                         {Kind: "other", Dead: true},
		} {
			var found []*library.Job
			list.MaxResults = 1
			for more := true; more; more = list.Cursor != "" {
				page, next, err := l.ListJobs(t.Context(), list)
				if err != nil {
					t.Fatal(err)
				}
				found, list.Cursor = append(found, page...), next
			}
			if shown(found) != want {
				t.Errorf("%+v: %s, want %s", list, shown(found), want)
			}
		}
		if pending, err := l.PendingJobs(t.Context(), "tell", 10); err != nil || shown(pending) != "tell x due, tell y due" {
			t.Errorf("pending are %s, %v", shown(pending), err)
		}
		if n, err := l.CountDeadJobs(t.Context(), "call", "x"); err != nil || n != 1 {
			t.Errorf("%d dead ones, %v", n, err)
		}
		dead := func() string {
			t.Helper()
			var all []*library.Job
			for _, kind := range []string{"call", "tell"} {
				found, err := l.DeadJobs(t.Context(), kind, 10)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, found...)
			}
			return shown(all)
		}
		if revived, err := l.ReviveJobs(t.Context(), "call", nil, "x"); err != nil || shown(revived) != "call x dead" || dead() != "call y dead, tell x dead, tell y dead" {
			t.Errorf("revived %s, %v, left %s", shown(revived), err, dead())
		}
		var all []string
		for id := range names {
			all = append(all, id)
		}
		if revived, err := l.ReviveJobs(t.Context(), "tell", all, "nobody"); err != nil || shown(revived) != "tell x dead, tell y dead" || dead() != "call y dead" {
			t.Errorf("revived %s, %v, left %s", shown(revived), err, dead())
		}
		if revived, err := l.ReviveJobs(t.Context(), "tell", nil, ""); err != nil || len(revived) != 0 || dead() != "call y dead" {
			t.Errorf("revived %s, %v, left %s", shown(revived), err, dead())
		}
	})
}

func TestFoldersAreApart(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		for _, path := range []string{"a", "a/b", "a/b/c", "a!", "ab", "a0/b", "z/a"} {
			if _, err := l.CreateFolder(t.Context(), true, path, nil); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := l.CreateFolder(t.Context(), false, "a/b", nil); err != nil {
			t.Fatal(err)
		}
		all := func(dynamic bool) string {
			t.Helper()
			found, _, _, err := l.SearchFolders(t.Context(), library.FolderSearch{Dynamic: dynamic})
			if err != nil {
				t.Fatal(err)
			}
			return pathsOf(found)
		}
		deleted, err := l.DeleteFolder(t.Context(), true, "a")
		if slices.Sort(deleted); err != nil || !slices.Equal(deleted, []string{"a", "a/b", "a/b/c"}) {
			t.Errorf("deleted %q, %v", deleted, err)
		}
		if left := all(true); left != "a! a0 a0/b ab z z/a" {
			t.Errorf("left are %s", left)
		}
		if left := all(false); left != "a a/b" {
			t.Errorf("left of the other folders are %s", left)
		}
	})
}

func TestImportsAreApart(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		newClock(l)
		for _, id := range []string{"1", "2"} {
			err := l.StartImport(t.Context(), id, "import "+id, "run", func(int64) library.NewJob { return job(library.NewJobID()) })
			if err != nil {
				t.Fatal(err)
			}
		}
		row := func(id string) *library.Import {
			t.Helper()
			found, err := l.Import(t.Context(), id)
			if err != nil || found.Name != "import "+id {
				t.Fatalf("%+v, %v", found, err)
			}
			return found
		}
		first := row("1")
		if err := l.SaveImport(t.Context(), first, []library.ImportFailure{{Item: "a", Reason: "gone"}}); err != nil {
			t.Fatal(err)
		}
		if err := l.NoteImportReported(t.Context(), row("1")); err != nil || !row("1").Reported || row("2").Reported {
			t.Errorf("%v, reported are %t and %t", err, row("1").Reported, row("2").Reported)
		}
		if err := l.SuspendImport(t.Context(), "1"); err != nil || row("1").State != library.ImportSuspended || row("2").State != library.ImportRunning {
			t.Errorf("%v, the states are %s and %s", err, row("1").State, row("2").State)
		}
		if err := l.FailImport(t.Context(), "2", row("2").Epoch, "over"); err != nil || row("1").State != library.ImportSuspended || row("2").State != library.ImportFailed {
			t.Errorf("%v, the states are %s and %s", err, row("1").State, row("2").State)
		}
		if err := l.ForgetImport(t.Context(), "2"); err != nil {
			t.Fatal(err)
		}
		if failures, err := l.ImportFailures(t.Context(), "1", 10, ""); err != nil || len(failures) != 1 {
			t.Errorf("%v, %v", failures, err)
		}
		row("1")
		if _, err := l.Import(t.Context(), "2"); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("%v", err)
		}
	})
}

func TestLanesAreApart(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		for _, name := range []string{"a/x", "a/y", "b/x"} {
			kind, lane, _ := strings.Cut(name, "/")
			j := job(name)
			j.Kind, j.Lane = kind, lane
			enqueue(t, l, j)
		}
		claim := library.LaneClaim{Kind: "a", Lane: "x", Max: 10, Worker: "w", Now: clock.time, Until: clock.time.Add(time.Minute)}
		for _, want := range []int{1, 0} {
			claimed, err := l.ClaimLane(t.Context(), claim)
			if err != nil || len(claimed) != want || want == 1 && claimed[0].ID != "a/x" {
				t.Errorf("claimed %+v, %v", claimed, err)
			}
		}
		claim.Now, claim.Until = clock.time.Add(time.Minute), clock.time.Add(2*time.Minute)
		if claimed, err := l.ClaimLane(t.Context(), claim); err != nil || len(claimed) != 1 {
			t.Errorf("when the lease has ended: %+v, %v", claimed, err)
		}
	})
}

func TestLeasesAreApart(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		enqueue(t, l, job("a"), job("b"))
		until := map[string]time.Time{}
		var leased []*library.Job
		for range 2 {
			claimed := claim(t, l, clock.time, "w")
			leased, until[claimed.ID] = append(leased, claimed), claimed.LockedUntil
		}
		if err := l.RenewJob(t.Context(), leased[0], clock.time.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		pending, err := l.PendingJobs(t.Context(), kind, 10)
		if err != nil || len(pending) != 2 {
			t.Fatal(pending, err)
		}
		for _, found := range pending {
			if renewed := !found.LockedUntil.Equal(until[found.ID]); renewed != (found.ID == leased[0].ID) {
				t.Errorf("the lease of %s ends at %s, it was %s", found.ID, found.LockedUntil, until[found.ID])
			}
		}
		// The same worker may have leased it again since.
		for _, early := range []library.Job{{ID: "a", LockedBy: "w", Attempts: 2}, {ID: "a", LockedBy: "v", Attempts: 1}, {ID: "c", LockedBy: "w", Attempts: 1}} {
			if err := l.FinishJob(t.Context(), &early); !errors.Is(err, library.ErrLeaseLost) {
				t.Errorf("finished by %+v: %v", early, err)
			}
		}
		if err := l.FinishJob(t.Context(), leased[0]); err != nil {
			t.Fatal(err)
		}
		if pending, err := l.PendingJobs(t.Context(), kind, 10); err != nil || len(pending) != 1 || pending[0].ID != leased[1].ID {
			t.Errorf("left are %+v, %v", pending, err)
		}
	})
}
