package rules

import (
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

func TestRenamingIsRefusedWhereManyURLsWouldBreak(t *testing.T) {
	assets := func(n int64) *v1alpha1.UsageStatus { return &v1alpha1.UsageStatus{Assets: n} }
	for _, test := range []struct {
		name         string
		held, wanted string
		usage        *v1alpha1.UsageStatus
		annotation   string
		want         RenameVerdict
	}{
		{"a first name", "", "store", nil, "", RenameNone},
		{"no wish", "shop", "", assets(5000), "", RenameNone},
		{"the name that is held", "shop", "shop", assets(5000), "", RenameNone},
		{"another spelling", "shop", "Shop", assets(5000), "", RenameNone},
		{"few assets", "shop", "store", assets(1000), "", RenameAllowed},
		{"many assets", "shop", "store", assets(1001), "", RenameRefused},
		{"many assets, allowed", "shop", "store", assets(1001), "true", RenameAllowed},
		{"many assets, not allowed", "shop", "store", assets(1001), "false", RenameRefused},
		{"not counted", "shop", "store", nil, "", RenameUnknown},
		{"not counted, allowed", "shop", "store", nil, "yes", RenameAllowed},
	} {
		t.Run(test.name, func(t *testing.T) {
			environment := &v1alpha1.ProductEnvironment{}
			environment.Spec.CloudName, environment.Status.CloudName, environment.Status.Usage = test.wanted, test.held, test.usage
			if test.annotation != "" {
				environment.Annotations = map[string]string{v1alpha1.AnnotationAllowRename: test.annotation}
			}
			got := RenamingOf(environment)
			if got.Verdict != test.want {
				t.Errorf("verdict %d, want %d: %s", got.Verdict, test.want, got.Reason)
			}
			held := got.Verdict == RenameUnknown || got.Verdict == RenameRefused
			if held != strings.Contains(got.Reason, v1alpha1.AnnotationAllowRename) {
				t.Errorf("the reason is %q", got.Reason)
			}
		})
	}
}
