package library_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

func TestComments(t *testing.T) {
	each(t, func(t *testing.T, l *library.Library) {
		clock := newClock(l)
		ids := pictures(t, l, "a", "b")
		say := func(asset, parent, text string, place *library.CommentPlace) *library.Comment {
			t.Helper()
			clock.advance(time.Second)
			comment, err := l.CreateComment(t.Context(), &library.Comment{AssetID: ids[asset], ParentID: parent, Author: "ann", Text: text, Place: place})
			if err != nil {
				t.Fatal(err)
			}
			return comment
		}
		first := say("a", "", "first", &library.CommentPlace{X: 0.25, Y: 0.5, Width: 0.1, Height: 0.2, Page: 2, Time: new(1.5)})
		second := say("a", "", "second", nil)
		say("b", "", "elsewhere", nil)
		reply := say("a", first.ID, "reply", nil)
		say("a", first.ID, "another reply", nil)
		list := func(filter library.CommentFilter) string {
			t.Helper()
			var texts []string
			for next := ""; ; {
				page, total, more, err := l.Comments(t.Context(), filter, 1, next)
				if err != nil {
					t.Fatal(err)
				}
				for _, comment := range page {
					texts = append(texts, comment.Text)
				}
				if next = more; next == "" {
					if total != int64(len(texts)) {
						t.Errorf("%d in all, %d listed", total, len(texts))
					}
					return strings.Join(texts, ",")
				}
			}
		}
		expect := func(filter library.CommentFilter, want string) {
			t.Helper()
			if got := list(filter); got != want {
				t.Errorf("%+v: %q, want %q", filter, got, want)
			}
		}
		expect(library.CommentFilter{AssetID: ids["a"]}, "first,second")
		expect(library.CommentFilter{AssetID: ids["a"], ParentID: first.ID}, "reply,another reply")
		expect(library.CommentFilter{AssetID: "\x00"}, "")
		read, err := l.Comment(t.Context(), first.ID)
		if err != nil || read.Replies != 2 || *read.Place.Time != 1.5 || read.Place.X != 0.25 || read.Place.Page != 2 || read.Author != "ann" || len(read.VersionID) != 32 {
			t.Errorf("%+v %+v, %v", read, read.Place, err)
		}
		if read, err := l.Comment(t.Context(), second.ID); err != nil || read.Replies != 0 {
			t.Errorf("%+v, %v", read, err)
		}
		resolved, err := l.UpdateComment(t.Context(), second.ID, func(c *library.Comment) error {
			c.Text, c.Resolved, c.ResolvedBy, c.ResolvedAt = "second, changed", true, "bob", clock.time
			return nil
		})
		if err != nil || !resolved.Resolved || resolved.ResolvedBy != "bob" || !resolved.ResolvedAt.Equal(clock.time.Truncate(time.Microsecond)) {
			t.Errorf("%+v, %v", resolved, err)
		}
		expect(library.CommentFilter{AssetID: ids["a"], Resolved: new(true)}, "second, changed")
		expect(library.CommentFilter{AssetID: ids["a"], Resolved: new(false)}, "first")

		if _, err := l.CreateComment(t.Context(), &library.Comment{AssetID: ids["a"], ParentID: reply.ID, Text: "x"}); problem.From(err).Status != 400 {
			t.Errorf("a reply to a reply: %v", err)
		}
		for _, comment := range []library.Comment{{AssetID: "missing", Text: "x"}, {AssetID: ids["b"], ParentID: first.ID, Text: "x"}, {AssetID: "\x00"}} {
			if _, err := l.CreateComment(t.Context(), &comment); !errors.Is(err, library.ErrNotFound) {
				t.Errorf("%+v: %v", comment, err)
			}
		}
		if _, err := l.CreateComment(t.Context(), &library.Comment{AssetID: ids["a"], Text: "a\x00"}); problem.From(err).Status != 400 {
			t.Errorf("a text that cannot be stored: %v", err)
		}
		if deleted, err := l.DeleteComment(t.Context(), first.ID); err != nil || deleted != 3 {
			t.Errorf("%d deleted, %v", deleted, err)
		}
		expect(library.CommentFilter{AssetID: ids["a"]}, "second, changed")
		expect(library.CommentFilter{AssetID: ids["b"]}, "elsewhere")
		for _, gone := range []string{reply.ID, "missing", "\x00"} {
			if _, err := l.Comment(t.Context(), gone); !errors.Is(err, library.ErrNotFound) {
				t.Errorf("%q: %v", gone, err)
			}
			if _, err := l.DeleteComment(t.Context(), gone); !errors.Is(err, library.ErrNotFound) {
				t.Errorf("%q: %v", gone, err)
			}
			if _, err := l.UpdateComment(t.Context(), gone, func(*library.Comment) error { return nil }); !errors.Is(err, library.ErrNotFound) {
				t.Errorf("%q: %v", gone, err)
			}
		}
		// Comments go with their asset.
		if _, _, err := l.DeleteAsset(t.Context(), library.Key{ResourceType: library.Image, Type: "upload", PublicID: "a"}, library.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		expect(library.CommentFilter{AssetID: ids["a"]}, "")
	})
}
