package rules

import (
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

// row is one line of a table: an object that is right but for one change, and the field paths that errors name.
type row[T any] struct {
	name   string
	change func(*T)
	want   []string
}

// check runs the rows against base, which must be right itself.
func check[T any](t *testing.T, base func() *T, validate func(*T) field.ErrorList, rows []row[T]) {
	t.Helper()
	if errs := validate(base()); len(errs) > 0 {
		t.Fatalf("the object that the rows start from is wrong: %v", errs)
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			object := base()
			r.change(object)
			errs := validate(object)
			if got := paths(errs); !slices.Equal(got, r.want) {
				t.Errorf("got errors at %q, want %q: %v", got, r.want, errs)
			}
		})
	}
}

func paths(errs field.ErrorList) []string {
	var found []string
	for _, err := range errs {
		found = append(found, err.Field)
	}
	return found
}

func named(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: "shop"}
}

func shop() v1alpha1.EnvironmentReference { return v1alpha1.EnvironmentReference{Name: "shop"} }

func TestCloudNamesAreOnePathSegment(t *testing.T) {
	for _, name := range []string{"ab", "acme-shop", "Acme-Shop", "dn6ot3ged", "a--b-", strings.Repeat("a", 128)} {
		if errs := ValidateCloudName(name, field.NewPath("spec", "cloudName")); len(errs) > 0 {
			t.Errorf("%q is refused: %v", name, errs)
		}
	}
	for _, name := range []string{"", "a", "4shop", "acme shop", "acme_shop", "acme.shop", "acme/shop", "-acme", "acmé", "\u212aiosk", "ac\nme", "acme\n",
		strings.Repeat("a", 129), "v1_1", "v2", "V2", "image", "Image", "videos", "iu", "res"} {
		if errs := ValidateCloudName(name, field.NewPath("spec", "cloudName")); len(errs) != 1 || errs[0].Field != "spec.cloudName" {
			t.Errorf("%q is accepted, or refused for another field: %v", name, errs)
		}
	}
}
