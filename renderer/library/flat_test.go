package library

import (
	"encoding/json"
	"reflect"
	"testing"
)

// FuzzFlat compares the reading of plain JSON with that of encoding/json: what is taken for plain means the same.
func FuzzFlat(f *testing.F) {
	for _, text := range []string{
		`[]`, `["a"]`, `["a", "b"]`, `["a\"b"]`, `["a",]`, `["a"`, `["a"]x`, `{}`, `{"a":"b"}`, `{"a": "b", "c": ""}`, `{"a":1}`, `{"a":-12,"b":["x","y"]}`,
		`{"a":1.5}`, `{"a":1e3}`, `{"a":true}`, `{"a":null}`, `{"a":{"b":1}}`, `{"a":9223372036854775808}`, `{"a":[1]}`, `{"a":"b","a":"c"}`, `{"\u00fc":"\u003c"}`, `[ ]`, `{"a":[]}`, `{"a":"ü"}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// Only what encoding/json has written is ever read.
		var any any
		if json.Unmarshal([]byte(text), &any) != nil {
			return
		}
		written, err := json.Marshal(any)
		if err != nil {
			return
		}
		text = string(written)
		var list []string
		if got, ok := flatList(text); ok && (json.Unmarshal(written, &list) != nil || len(list) != len(got) || len(list) > 0 && !reflect.DeepEqual(got, list)) {
			t.Errorf("list %s: %q, want %q", text, got, list)
		}
		var texts map[string]string
		if got, ok := flatTexts(text); ok && (json.Unmarshal(written, &texts) != nil || !reflect.DeepEqual(got, texts)) {
			t.Errorf("texts %s: %q, want %q", text, got, texts)
		}
		if got, ok := flatValues(text); ok {
			want, err := slowMetadata(text)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("values %s: %v, want %v, %v", text, got, want, err)
			}
		}
	})
}

func TestPlainJSONIsRead(t *testing.T) {
	for text, plain := range map[string]bool{`["a", "b"]`: true, `[]`: true, `["\u003c"]`: false} {
		if _, ok := flatList(text); ok != plain {
			t.Errorf("%s: plain %t", text, ok)
		}
	}
	for text, plain := range map[string]bool{`{"a": 1, "b": ["x"], "c": "d"}`: true, `{"a":1.5}`: false, `{"a":99999999999999999999}`: false} {
		if _, ok := flatValues(text); ok != plain {
			t.Errorf("%s: plain %t", text, ok)
		}
	}
}
