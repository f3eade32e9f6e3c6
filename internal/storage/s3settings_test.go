package storage_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/test/s3server"
)

// settingsStore is a store that keeps settings as they were put, which the server of the other tests cannot.
type settingsStore struct {
	// kept are the documents, by the subresource of the URL.
	kept map[string]string
	// puts are the subresources that were written.
	puts []string
}

func (s *settingsStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	subresource, missing := "", ""
	for name, code := range map[string]string{
		"tagging": "NoSuchTagSet", "lifecycle": "NoSuchLifecycleConfiguration", "publicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
	} {
		if r.URL.Query().Has(name) {
			subresource, missing = name, code
		}
	}
	w.Header().Set("Content-Type", "application/xml")
	switch {
	case r.Method == http.MethodPut:
		s.puts = append(s.puts, subresource)
		s.kept[subresource] = string(body)
	case s.kept[subresource] != "":
		_, _ = io.WriteString(w, s.kept[subresource])
	default:
		w.WriteHeader(http.StatusNotFound)
		_, _ = fmt.Fprintf(w, "<Error><Code>%s</Code></Error>", missing)
	}
}

func TestSettingsAreKeptBesideThoseOfOthers(t *testing.T) {
	const theirs = `<Rule><ID>archive</ID><Status>Enabled</Status><Filter><Prefix>logs/</Prefix></Filter><Expiration><Days>9</Days></Expiration></Rule>`
	stale := strings.ReplaceAll(theirs, "archive", "darkroom-expire-derived")
	store := &settingsStore{kept: map[string]string{
		"tagging":   `<Tagging><TagSet><Tag><Key>` + tagUID + `</Key><Value>uid-shop</Value></Tag><Tag><Key>` + tagOrigin + `</Key><Value>made</Value></Tag></TagSet></Tagging>`,
		"lifecycle": `<LifecycleConfiguration>` + theirs + stale + `</LifecycleConfiguration>`,
	}}
	server := httptest.NewServer(store)
	t.Cleanup(server.Close)
	b := newBench(t, server.URL, "mine", credentials(nil))
	b.object.Spec.Storage.S3.Prefix = "shop/"
	b.mustEnsure()
	lifecycle := store.kept["lifecycle"]
	for _, want := range []string{"<ID>archive</ID>", "<Prefix>logs/</Prefix>", "<ID>darkroom-abort-incomplete-uploads</ID>", "<DaysAfterInitiation>7</DaysAfterInitiation>"} {
		if !strings.Contains(lifecycle, want) {
			t.Errorf("the lifecycle rules lack %s: %s", want, lifecycle)
		}
	}
	if strings.Contains(lifecycle, "expire-derived") {
		t.Errorf("derived files expire although the spec does not say so: %s", lifecycle)
	}
	if block := store.kept["publicAccessBlock"]; strings.Count(block, ">true<") != 4 {
		t.Errorf("public access block %q", block)
	}

	store.puts = nil
	if part := b.mustEnsure(); len(store.puts) > 0 || strings.Contains(part.Message, "the store has no") {
		t.Errorf("a second pass writes %v and says %q", store.puts, part.Message)
	}

	b.object.Spec.Storage.S3.DerivedExpirationDays = new(int32(30))
	b.mustEnsure()
	lifecycle = store.kept["lifecycle"]
	if !strings.Contains(lifecycle, "<Prefix>shop/derived/</Prefix>") || !strings.Contains(lifecycle, "<Days>30</Days>") || strings.Contains(lifecycle, "originals") {
		t.Errorf("lifecycle rules %s", lifecycle)
	}
	if len(store.puts) != 1 {
		t.Errorf("wrote %v, want the lifecycle rules only", store.puts)
	}
}

func TestPublicAccessOfAnAdoptedBucketIsItsOwners(t *testing.T) {
	store := &settingsStore{kept: map[string]string{
		"tagging": `<Tagging><TagSet><Tag><Key>team</Key><Value>shop</Value></Tag></TagSet></Tagging>`,
	}}
	server := httptest.NewServer(store)
	t.Cleanup(server.Close)
	b := newBench(t, server.URL, "theirs", credentials(map[string]string{"access_key_id": s3server.AccessKeyID}))
	b.mustEnsure()
	if _, written := store.kept["publicAccessBlock"]; written {
		t.Error("public access of an adopted bucket was changed")
	}
	if tagging := store.kept["tagging"]; !strings.Contains(tagging, "<Key>team</Key>") || !strings.Contains(tagging, "adopted") {
		t.Errorf("tags %s", tagging)
	}
}
