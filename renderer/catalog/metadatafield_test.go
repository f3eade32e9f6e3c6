package catalog

import (
	"encoding/json"
	"reflect"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

func fieldObject(object, environment string, created int64, change func(*v1alpha1.MetadataFieldSpec)) *v1alpha1.MetadataField {
	field := &v1alpha1.MetadataField{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: object, CreationTimestamp: metav1.Unix(created, 0)},
		Spec: v1alpha1.MetadataFieldSpec{
			EnvironmentRef: v1alpha1.EnvironmentReference{Name: environment},
			Label:          object,
			Type:           v1alpha1.MetadataFieldString,
		},
	}
	if change != nil {
		change(&field.Spec)
	}
	return field
}

func TestPublishesMetadataFields(t *testing.T) {
	c := newCluster(t, environmentObject(), secretObject(t, root),
		fieldObject("size", name, 300, func(spec *v1alpha1.MetadataFieldSpec) {
			spec.Type, spec.Label, spec.Mandatory = v1alpha1.MetadataFieldInteger, "Size", new(true)
			spec.DefaultValue = &v1alpha1.MetadataValue{Value: new("12")}
			spec.Validation = &v1alpha1.MetadataValidation{Type: v1alpha1.ValidationAnd, Rules: []v1alpha1.MetadataValidationRule{
				{Type: v1alpha1.ValidationGreaterThan, MetadataBound: v1alpha1.MetadataBound{Value: "10"}},
				{Type: v1alpha1.ValidationLessThan, MetadataBound: v1alpha1.MetadataBound{Value: "20", Equals: new(true)}},
			}}
		}),
		fieldObject("colors", name, 200, func(spec *v1alpha1.MetadataFieldSpec) {
			spec.Type, spec.ExternalID, spec.Position = v1alpha1.MetadataFieldSet, "Color IDs", new(int32(7))
			spec.Datasource = &v1alpha1.MetadataDatasource{Values: []v1alpha1.MetadataDatasourceValue{
				{ExternalID: "r", Value: "Red"}, {ExternalID: "g", Value: "Green", State: v1alpha1.DatasourceInactive},
			}}
			spec.DefaultValue = &v1alpha1.MetadataValue{Values: []string{"r"}}
			spec.Restrictions = &v1alpha1.MetadataRestrictions{ReadonlyUI: new(true)}
			spec.AllowDynamicListValues, spec.DefaultDisabled = new(true), new(true)
		}),
		fieldObject("title", name, 100, func(spec *v1alpha1.MetadataFieldSpec) {
			spec.Validation = &v1alpha1.MetadataValidation{Type: v1alpha1.ValidationStrlen, MetadataBound: v1alpha1.MetadataBound{Min: new(int32(2))}}
		}),
		// A younger field of the same external ID, a broken one, and one of another environment.
		fieldObject("double", name, 400, func(spec *v1alpha1.MetadataFieldSpec) { spec.ExternalID, spec.Label = "title", "Double" }),
		fieldObject("broken", name, 1, func(spec *v1alpha1.MetadataFieldSpec) { spec.Type = v1alpha1.MetadataFieldEnum }),
		fieldObject("foreign", "another", 1, nil),
	)
	k := start(t, c, nil)
	ready(t, c, k)
	want := map[string]MetadataField{
		"Color IDs": {
			ExternalID: "Color IDs", Label: "colors", Type: MetadataSet, Default: []string{"r"}, ReadonlyUI: true, Disabled: true, Dynamic: true,
			Datasource: []MetadataChoice{{ExternalID: "r", Value: "Red"}, {ExternalID: "g", Value: "Green", Inactive: true}},
		},
		"title": {
			ExternalID: "title", Label: "title", Type: MetadataString, Position: 1,
			Validation: &MetadataValidation{Type: "strlen", Min: new(2)},
		},
		"size": {
			ExternalID: "size", Label: "Size", Type: MetadataInteger, Mandatory: true, Default: []string{"12"}, Position: 2,
			Validation: &MetadataValidation{Type: "and", Rules: []MetadataValidation{
				{Type: "greater_than", Value: "10"}, {Type: "less_than", Value: "20", Equals: true},
			}},
		},
	}
	got := k.Current().MetadataFields
	if !reflect.DeepEqual(got, want) {
		t.Errorf("fields\n got %+v\nwant %+v", got, want)
	}
	// A renderer that starts without the API server has them, too.
	data, err := json.Marshal(k.Current())
	if err != nil {
		t.Fatal(err)
	}
	var restored Snapshot
	if err := json.Unmarshal(data, &restored); err != nil || !reflect.DeepEqual(restored.MetadataFields, want) {
		t.Errorf("restored %+v, %v", restored.MetadataFields, err)
	}

	title := fieldObject("title", name, 100, nil)
	if err := c.Delete(t.Context(), title); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the younger field to take over", func() bool { return k.Current().MetadataFields["title"].Label == "Double" })
	if len(got) != 3 || got["title"].Label != "title" {
		t.Error("a published snapshot has changed")
	}
	double := fieldObject("double", name, 400, nil)
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(double), double); err != nil {
		t.Fatal(err)
	}
	double.Spec.Label = "Renamed"
	if err := c.Update(t.Context(), double); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the new label", func() bool { return k.Current().MetadataFields["title"].Label == "Renamed" })
}

func TestSettingsThatAreOffByDefaultArriveWhenAskedFor(t *testing.T) {
	environment := environmentObject()
	environment.Spec.SampleAssets = new(true)
	if !translateEnvironment(environment).SampleAssets || translateEnvironment(environmentObject()).SampleAssets {
		t.Error("samples are not what the environment says")
	}
	environment.Spec.SignatureAlgorithm = v1alpha1.SignatureSHA256
	if got := translateEnvironment(environment).SignatureAlgorithm; got != "sha256" {
		t.Errorf("the signature algorithm is %q", got)
	}
	environment.Spec.Uploads = &v1alpha1.UploadsSpec{KeepMetadataOnOverwrite: new(true)}
	if !translateEnvironment(environment).KeepMetadataOnOverwrite || translateEnvironment(environmentObject()).KeepMetadataOnOverwrite {
		t.Error("the setting does not arrive, or is not off by default")
	}
}
