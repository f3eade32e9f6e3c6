package source

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// List is a list of URLs: CSV with a line of names, or an object of JSON a line.
type List struct {
	// Client makes the request for a list at URL; without a URL the list is Content.
	Client  *http.Client
	URL     string
	Content string

	entries []entry
	digest  string
}

// entry is a line, or a record of several lines.
type entry struct {
	line   int
	fields map[string]any
	reason string
}

const (
	// listPage is how many entries a page has.
	listPage = 500
	// maxList bounds a list, in bytes.
	maxList = 64 << 20
)

// listFields are the names that a list may use.
var listFields = []string{"url", "public_id", "resource_type", "type", "tags", "context", "metadata", "asset_folder", "display_name", "access_mode", "filename", "version", "created_at"}

// Page reads entries. A list that has changed since the place was made is read from its beginning.
func (l *List) Page(ctx context.Context, at string) (*Page, error) {
	if err := l.load(ctx); err != nil {
		return nil, err
	}
	begin := 0
	if digest, number, ok := strings.Cut(at, ":"); ok && digest == l.digest {
		if n, err := strconv.Atoi(number); err == nil && n > 0 {
			begin = min(n, len(l.entries))
		}
	}
	end := min(begin+listPage, len(l.entries))
	page := &Page{}
	for _, entry := range l.entries[begin:end] {
		asset, err := entry.asset()
		if err != nil {
			page.Failures = append(page.Failures, Failure{Name: fmt.Sprintf("line %d", entry.line), Reason: err.Error()})
			continue
		}
		page.Assets = append(page.Assets, *asset)
	}
	if end < len(l.entries) {
		page.Next = l.digest + ":" + strconv.Itoa(end)
	}
	return page, nil
}

// Total is the number of entries.
func (l *List) Total(ctx context.Context) (int64, error) {
	err := l.load(ctx)
	return int64(len(l.entries)), err
}

// load reads and understands the list, once.
func (l *List) load(ctx context.Context) error {
	if l.digest != "" {
		return nil
	}
	content := []byte(l.Content)
	if l.URL != "" {
		var err error
		if content, err = l.fetch(ctx); err != nil {
			return err
		}
	}
	sum := md5.Sum(content)
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	var err error
	if trimmed := bytes.TrimLeft(content, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '{' {
		l.entries = jsonLines(content)
	} else if l.entries, err = csvLines(content); err != nil {
		return err
	}
	l.digest = hex.EncodeToString(sum[:])
	return nil
}

func (l *List) fetch(ctx context.Context) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, l.URL, nil)
	if err != nil {
		return nil, refused("the list's URL is none: %v", err)
	}
	response, err := l.Client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("reading the list: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	switch status := response.StatusCode; {
	case status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout:
		return nil, fmt.Errorf("the list's server answers %s", response.Status)
	case status != http.StatusOK:
		return nil, refused("the list's server answers %s", response.Status)
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, maxList+1))
	if err != nil {
		return nil, fmt.Errorf("reading the list: %w", err)
	}
	if len(content) > maxList {
		return nil, refused("the list is larger than %d bytes", maxList)
	}
	return content, nil
}

// csvLines reads CSV whose first line has the names.
func csvLines(content []byte) ([]entry, error) {
	reader := csv.NewReader(bytes.NewReader(content))
	reader.FieldsPerRecord = -1
	names, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, refused("the list is no CSV: %v", err)
	}
	for i, name := range names {
		names[i] = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(listFields, names[i]) {
			return nil, refused("the list's first line names %q: only %s are known", names[i], strings.Join(listFields, ", "))
		}
	}
	if !slices.Contains(names, "url") {
		return nil, refused("the list's first line does not name url")
	}
	var entries []entry
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return entries, nil
		}
		if err != nil {
			// Where a record ends is not known any more.
			return nil, refused("the list is no CSV: %v", err)
		}
		line, _ := reader.FieldPos(0)
		found := entry{line: line, fields: map[string]any{}}
		if len(record) > len(names) {
			found.reason = fmt.Sprintf("it has %d fields, the first line names %d", len(record), len(names))
		}
		for i, value := range record[:min(len(record), len(names))] {
			if value != "" {
				found.fields[names[i]] = value
			}
		}
		entries = append(entries, found)
	}
}

// jsonLines reads an object a line. Empty lines are nothing.
func jsonLines(content []byte) []entry {
	var entries []entry
	line := 0
	for text := range bytes.Lines(content) {
		line++
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		found := entry{line: line}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&found.fields); err != nil {
			found.reason = "it is no object of JSON: " + err.Error()
		}
		entries = append(entries, found)
	}
	return entries
}

// asset understands an entry.
func (e *entry) asset() (*Asset, error) {
	if e.reason != "" {
		return nil, errors.New(e.reason)
	}
	for name := range e.fields {
		if !slices.Contains(listFields, name) {
			return nil, fmt.Errorf("%s is not known: only %s are", name, strings.Join(listFields, ", "))
		}
	}
	asset := &Asset{ResourceType: "auto", Type: "upload"}
	var problem error
	read := func(name string, into *string) {
		switch value := e.fields[name].(type) {
		case nil:
		case string:
			*into = strings.TrimSpace(value)
		default:
			problem = errors.Join(problem, fmt.Errorf("%s is no text", name))
		}
	}
	var folder, shown string
	for name, into := range map[string]*string{
		"url": &asset.URL, "public_id": &asset.PublicID, "resource_type": &asset.ResourceType, "type": &asset.Type,
		"access_mode": &asset.AccessMode, "filename": &asset.Filename, "asset_folder": &folder, "display_name": &shown,
	} {
		read(name, into)
	}
	if problem != nil {
		return nil, problem
	}
	at, err := url.Parse(asset.URL)
	if err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "" {
		return nil, fmt.Errorf("url %q is no http or https URL", asset.URL)
	}
	if folder != "" {
		asset.AssetFolder = new(folder)
	}
	if shown != "" {
		asset.DisplayName = new(shown)
	}
	asset.RawID = asset.PublicID
	if asset.PublicID == "" {
		file := path.Base(at.Path)
		if file == "." || file == "/" {
			return nil, fmt.Errorf("url %q names no file: public_id must be given", asset.URL)
		}
		asset.RawID, asset.PublicID = file, strings.TrimSuffix(file, path.Ext(file))
		if asset.ResourceType == "raw" {
			asset.PublicID = file
		}
	}
	asset.Name = fmt.Sprintf("line %d: %s", e.line, asset.PublicID)
	if err := e.date(asset); err != nil {
		return nil, err
	}
	return asset, e.describe(asset)
}

// date reads which version it is, and how old.
func (e *entry) date(asset *Asset) error {
	if given := e.fields["version"]; given != nil {
		number, err := strconv.ParseInt(strings.TrimPrefix(strings.TrimSpace(fmt.Sprint(given)), "v"), 10, 64)
		if err != nil || number <= 0 {
			return fmt.Errorf("version %q is no number above 0", fmt.Sprint(given))
		}
		asset.Version = number
	}
	if given := e.fields["created_at"]; given != nil {
		text := strings.TrimSpace(fmt.Sprint(given))
		for _, layout := range []string{time.RFC3339, time.DateTime, time.DateOnly} {
			if at, err := time.Parse(layout, text); err == nil {
				asset.CreatedAt = at.UTC()
				return nil
			}
		}
		return fmt.Errorf("created_at %q is no time as 2026-01-31T10:00:00Z", text)
	}
	return nil
}

// describe reads what may be written as upload parameters or as JSON.
func (e *entry) describe(asset *Asset) error {
	switch tags := e.fields["tags"].(type) {
	case nil:
	case string:
		asset.Tags = []string{}
		for tag := range strings.SplitSeq(tags, ",") {
			if tag = strings.TrimSpace(tag); tag != "" {
				asset.Tags = append(asset.Tags, tag)
			}
		}
	case []any:
		asset.Tags = []string{}
		for _, tag := range tags {
			asset.Tags = append(asset.Tags, fmt.Sprint(tag))
		}
	default:
		return errors.New("tags are neither a text nor a list")
	}
	switch values := e.fields["context"].(type) {
	case nil:
	case string:
		var err error
		if asset.Context, err = pairs(values); err != nil {
			return err
		}
	case map[string]any:
		asset.Context = map[string]string{}
		for _, name := range slices.Sorted(maps.Keys(values)) {
			asset.Context[name] = fmt.Sprint(values[name])
		}
	default:
		return errors.New("context is neither a text nor an object")
	}
	switch values := e.fields["metadata"].(type) {
	case nil:
	case string:
		asset.Metadata = []string{values}
	case map[string]any:
		encoded, err := json.Marshal(values)
		if err != nil {
			return err
		}
		asset.Metadata = []string{string(encoded)}
	default:
		return errors.New("metadata is neither a text nor an object")
	}
	return nil
}

// pairs reads k=v|k2=v2, where \= and \| stand for the characters themselves.
func pairs(written string) (map[string]string, error) {
	found := map[string]string{}
	var name, current strings.Builder
	inValue, empty := false, true
	end := func() error {
		defer func() {
			name.Reset()
			current.Reset()
			inValue, empty = false, true
		}()
		if empty {
			return nil
		}
		if !inValue || strings.TrimSpace(name.String()) == "" {
			return fmt.Errorf("context %q is not name=value", current.String())
		}
		found[strings.TrimSpace(name.String())] = current.String()
		return nil
	}
	for i := 0; i < len(written); i++ {
		c := written[i]
		switch {
		case c == '\\' && i+1 < len(written) && (written[i+1] == '=' || written[i+1] == '|'):
			i++
			current.WriteByte(written[i])
			empty = false
		case c == '|':
			if err := end(); err != nil {
				return nil, err
			}
		case c == '=' && !inValue:
			name.WriteString(current.String())
			current.Reset()
			inValue, empty = true, false
		default:
			current.WriteByte(c)
			empty = false
		}
	}
	return found, end()
}
