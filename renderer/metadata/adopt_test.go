package metadata

import (
	"net/http"
	"reflect"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/problem"
)

func TestAdoptedValuesStayAsTheyWere(t *testing.T) {
	choices := []catalog.MetadataChoice{{ExternalID: "hr", Value: "HR"}, {ExternalID: "old", Value: "Old", Inactive: true}}
	snapshot := &catalog.Snapshot{
		MetadataFields: map[string]catalog.MetadataField{
			"cat":  {ExternalID: "cat", Type: catalog.MetadataEnum, Datasource: choices},
			"team": {ExternalID: "team", Type: catalog.MetadataSet, Datasource: choices, Disabled: true},
			"must": {ExternalID: "must", Type: catalog.MetadataString, Mandatory: true},
			"size": {ExternalID: "size", Type: catalog.MetadataInteger, Default: []string{"3"}},
		},
		MetadataRules: []catalog.MetadataRule{{
			FieldID: "size", Mandatory: new(true), Apply: []string{"7"}, Condition: catalog.MetadataCondition{FieldID: "cat", Test: catalog.TestPopulated},
		}},
	}
	for row, want := range map[string]map[string]any{
		`{"cat":"old","team":["old","hr"]}`: {"cat": "old", "team": []string{"old", "hr"}},
		`{"size":5,"cat":null}`:             {"size": int64(5)},
		`{}`:                                nil,
	} {
		given, err := Parse([]string{row})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Adopt(snapshot, given); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %v; want %v", row, got, err, want)
		}
	}
	for row, want := range map[string]string{
		`{"nothing":"x"}`:             `Metadata External IDs do not exist: ["nothing"]`,
		`{"size":"big","cat":"gone"}`: `Value "gone" is invalid for metadata field cat: "gone" is no external ID of its datasource, Value "big" is invalid for metadata field size: it is no integer`,
	} {
		given, err := Parse([]string{row})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Adopt(snapshot, given); err == nil || problem.From(err).Status != http.StatusBadRequest || problem.From(err).Message != want {
			t.Errorf("%s: %v", row, err)
		}
	}
}
