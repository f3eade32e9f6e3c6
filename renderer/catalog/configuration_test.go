package catalog

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// followed has a kind take objects, and gives what they mean.
func followed(t *testing.T, kind Kind, objects ...client.Object) (*Snapshot, part) {
	t.Helper()
	for _, part := range configurations(name, slog.New(slog.DiscardHandler)) {
		if part.kind() != kind {
			continue
		}
		if part.known() {
			t.Errorf("%s is known before it was read", kind)
		}
		part.source().replace(nil, objects)
		snapshot := &Snapshot{}
		part.fill(snapshot)
		return snapshot, part
	}
	t.Fatalf("%s is not followed", kind)
	return nil, nil
}

// made is of the object that was made on a day.
func made(object string, on int) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: object, CreationTimestamp: metav1.NewTime(time.Date(2026, 1, on, 0, 0, 0, 0, time.UTC))}
}

func TestImportsAreFollowed(t *testing.T) {
	one := func(object, environment string, on int, source v1alpha1.ImportSource) client.Object {
		i := importObject(source)
		i.ObjectMeta, i.Spec.EnvironmentRef = made(object, on), v1alpha1.EnvironmentReference{Name: environment}
		return i
	}
	list := v1alpha1.ImportSource{List: &v1alpha1.ListSource{Inline: "url\nhttps://old.example.com/a.jpg"}}
	snapshot, part := followed(t, KindAssetImport, one("late", name, 2, list), one("elsewhere", "another", 1, list), one("invalid", name, 1, v1alpha1.ImportSource{}), one("early", name, 1, list))
	var names []string
	for _, i := range snapshot.Imports {
		names = append(names, i.Name)
	}
	if got := strings.Join(names, " "); got != "early late" {
		t.Errorf("followed are %s", got)
	}
	if found := part.object("late"); found == nil || found.GetName() != "late" {
		t.Errorf("late is %v", found)
	}
	if found := part.object("none"); found != nil {
		t.Errorf("none is %v", found)
	}
}

func TestTheOldestMappingOfAFolderIsFollowed(t *testing.T) {
	one := func(object, environment, template string, on int) client.Object {
		return &v1alpha1.UploadMapping{ObjectMeta: made(object, on), Spec: v1alpha1.UploadMappingSpec{EnvironmentRef: v1alpha1.EnvironmentReference{Name: environment}, Folder: "old", Template: template}}
	}
	snapshot, _ := followed(t, KindUploadMapping, one("a", name, "https://late.example.com/", 3), one("b", name, "https://early.example.com/", 2), one("c", "another", "https://elsewhere.example.com/", 1), one("d", name, "no URL", 1))
	if len(snapshot.Mappings) != 1 || snapshot.Mappings[0].Template != "https://early.example.com/" {
		t.Errorf("%+v", snapshot.Mappings)
	}
}

// Names of rules tell nothing apart.
func TestRulesOfOneNameAreBothFollowed(t *testing.T) {
	one := func(object string, on int) client.Object {
		return &v1alpha1.MetadataRule{ObjectMeta: made(object, on), Spec: v1alpha1.MetadataRuleSpec{
			EnvironmentRef: v1alpha1.EnvironmentReference{Name: name}, Name: "same", MetadataFieldID: "team",
			Condition: v1alpha1.MetadataRuleCondition{MetadataRuleTest: v1alpha1.MetadataRuleTest{MetadataFieldID: "category", Populated: new(true)}},
			Result:    v1alpha1.MetadataRuleResult{Enable: new(true)},
		}}
	}
	if snapshot, _ := followed(t, KindMetadataRule, one("a", 1), one("b", 2)); len(snapshot.MetadataRules) != 2 {
		t.Errorf("%+v", snapshot.MetadataRules)
	}
}

func TestObjectsOfAnotherKindAreLeftOut(t *testing.T) {
	_, part := followed(t, KindUploadMapping, &v1alpha1.AssetImport{ObjectMeta: made("a", 1)})
	if !part.known() || part.object("a") != nil {
		t.Errorf("%v", part.object("a"))
	}
}
