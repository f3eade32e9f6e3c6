package library

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Terms are strings that begin with their kind. Those of words hold the fields that have the word as a set of bits, so
// that a word of several fields is one row; those of a key of context or metadata hold the key.
const (
	wordTerm     = "w" // A word.
	pairTerm     = "b" // Two words that follow each other.
	keyWordTerm  = "k" // A word of one key.
	exactTerm    = "=" // The whole value of a field.
	presenceTerm = "?" // A field that has a value.
	belowTerm    = "/" // A folder above the asset's own.
	termEnd      = "\x01"
)

// Fields whose words are searched.
const (
	inPublicID = 1 << iota
	inFilename
	inDisplayName
	inTags
	inContext
	inMetadata
	inFolder
	inAssetFolder

	// inDefault are the fields that a term without a field looks into.
	inDefault = inPublicID | inFilename | inDisplayName | inTags | inContext | inMetadata
)

// Names of fields in terms.
const (
	fieldFolder      = "folder"
	fieldAssetFolder = "asset_folder"
	fieldTags        = "tags"
	fieldContext     = "context."
	fieldMetadata    = "metadata."
	fieldChanged     = "last_updated."
	// partAny stands for any part of an asset.
	partAny         = "updated_at"
	fieldCreatedBy  = "created_by"
	fieldUploadedBy = "uploaded_by"
)

func wordOf(word string) string           { return wordTerm + word }
func pairOf(first, second string) string  { return pairTerm + first + " " + second }
func keyWordOf(field, word string) string { return keyWordTerm + exact(field) + termEnd + word }
func exactOf(field, value string) string  { return exactTerm + exact(field) + termEnd + exact(value) }
func presenceOf(field string) string      { return presenceTerm + exact(field) }
func belowOf(field, folder string) string { return belowTerm + field + termEnd + exact(folder) }

// document is what the index holds of an asset.
type document struct {
	// terms are the terms, with the fields of those of words.
	terms map[string]int64
	// numbers and texts are values that are compared by order.
	values map[string]orderedValue
	text   strings.Builder
}

// orderedValue is a value that is compared by order: a number if it is one or a time, and a text.
type orderedValue struct {
	number *float64
	text   string
}

// describe makes the index's part of an asset.
func describe(a *Asset) *document {
	d := &document{terms: map[string]int64{}, values: map[string]orderedValue{}}
	d.words("", inPublicID, a.PublicID)
	filename := Filename(a.PublicID)
	d.words("", inFilename, filename)
	d.value("filename", filename)
	d.values["filename"] = orderedValue{text: cut(filename, maxExact)}
	if a.DisplayName != "" {
		d.words("", inDisplayName, a.DisplayName)
		d.exact("display_name", a.DisplayName)
	}
	for _, tag := range a.Tags {
		d.words("", inTags, tag)
		d.exact(fieldTags, tag)
	}
	for _, key := range slices.Sorted(maps.Keys(a.Context)) {
		d.words(fieldContext+key, inContext, a.Context[key])
		d.exact(fieldContext+key, a.Context[key])
	}
	for _, id := range slices.Sorted(maps.Keys(a.Metadata)) {
		d.metadata(fieldMetadata+id, a.Metadata[id])
	}
	d.folder(fieldFolder, inFolder, FolderOf(a.PublicID))
	d.folder(fieldAssetFolder, inAssetFolder, a.AssetFolder)
	// What every asset has needs no term that says so.
	for _, keyword := range []struct{ field, value string }{
		{"resource_type", a.ResourceType}, {"type", a.Type}, {"access_mode", accessMode(a)},
		{"transparent", strconv.FormatBool(a.Alpha)}, {"animated", strconv.FormatBool(a.ResourceType == Image && a.Pages > 1 && a.Format != "pdf")},
	} {
		d.value(keyword.field, keyword.value)
	}
	if a.Format != "" {
		d.exact("format", a.Format)
	}
	for _, rule := range a.AccessControl {
		d.exact("access_control", rule.Type)
	}
	for _, m := range a.Moderation {
		d.exact("moderation_kind", m.Kind)
		d.exact("moderation_status", m.Status)
		d.exact(fieldModeration, m.Kind+"/"+m.Status)
	}
	d.uploader(fieldCreatedBy, a.CreatedBy)
	d.uploader(fieldUploadedBy, a.UploadedBy)
	d.findings(a.findings())
	d.texts(fieldVideoMetadata, a.VideoMetadata())
	for part, at := range a.Changed {
		number := float64(at.UnixMicro())
		d.values[fieldChanged+part] = orderedValue{number: &number}
	}
	return d
}

// uploader adds who has stored an asset, by the name alone.
func (d *document) uploader(field string, who Uploader) {
	if who.known() {
		d.value(field, strings.ToLower(who.Name))
	}
}

// fieldModeration joins kind and status, to list by both.
const fieldModeration = "moderation"

// exact adds the whole value of a field and that it has one.
func (d *document) exact(field, value string) {
	if value != "" {
		d.value(field, value)
	}
	d.terms[presenceOf(field)] = 0
}

// value adds the whole value of a field.
func (d *document) value(field, value string) { d.terms[exactOf(field, value)] = 0 }

// words adds the words of one value. key is the field that has words of its own; empty for none.
func (d *document) words(key string, field int64, value string) {
	found := tokens(value)
	for i, word := range found {
		d.terms[wordOf(word)] |= field
		if key != "" {
			d.terms[keyWordOf(key, word)] = 0
		}
		if i > 0 {
			d.terms[pairOf(found[i-1], word)] |= field
		}
	}
	if len(found) == 0 {
		return
	}
	d.text.WriteString(phrase(phraseCode("", field), found, false) + "\x02")
	if key != "" {
		d.text.WriteString(phrase(phraseCode(key, 0), found, false) + "\x02")
	}
}

// phraseCode is what the words of a field begin with in asset_texts.
func phraseCode(key string, field int64) string {
	if key != "" {
		return exact(key) + termEnd
	}
	return strconv.FormatInt(field, 36) + termEnd
}

// phrase is how words that follow each other are written in asset_texts. The last one may be the beginning of a word.
func phrase(code string, words []string, prefix bool) string {
	var b strings.Builder
	for _, word := range words {
		b.WriteString(" " + code + word)
	}
	if !prefix {
		b.WriteString(" ")
	}
	return b.String()
}

// folder adds a folder and those above it.
func (d *document) folder(field string, bit int64, folder string) {
	d.words("", bit, folder)
	// The root is a folder that can be asked for, too.
	d.terms[exactOf(field, folder)] = 0
	for above := FolderOf(folder); above != ""; above = FolderOf(above) {
		d.terms[belowOf(field, above)] = 0
	}
	if folder != "" {
		d.terms[presenceOf(field)] = 0
	}
}

// metadata adds a value of structured metadata, or each one of a set.
func (d *document) metadata(field string, value any) {
	var text string
	switch value := value.(type) {
	case nil:
		return
	case []any:
		for _, element := range value {
			d.metadata(field, element)
		}
		return
	case []string:
		for _, element := range value {
			d.metadata(field, element)
		}
		return
	case int:
		text = strconv.Itoa(value)
	case int64:
		text = strconv.FormatInt(value, 10)
	case float64:
		text = strconv.FormatFloat(value, 'g', -1, 64)
	case bool:
		text = strconv.FormatBool(value)
	case string:
		text = value
	default:
		return
	}
	d.words(field, inMetadata, text)
	d.exact(field, text)
	ordered := orderedValue{text: cut(text, maxExact)}
	if number, err := strconv.ParseFloat(text, 64); err == nil && number == number {
		ordered.number = &number
	} else if day, err := time.Parse(time.DateOnly, text); err == nil {
		seconds := float64(day.Unix())
		ordered.number = &seconds
	}
	d.values[field] = ordered
}

// FolderOf is the folder part of a path, empty at the root.
func FolderOf(path string) string {
	if slash := strings.LastIndexByte(path, '/'); slash >= 0 {
		return path[:slash]
	}
	return ""
}

// Filename is the last segment of a public ID.
func Filename(publicID string) string { return publicID[strings.LastIndexByte(publicID, '/')+1:] }

func accessMode(a *Asset) string {
	if a.AccessMode == "" {
		return "public"
	}
	return a.AccessMode
}
