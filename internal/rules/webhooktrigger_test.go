package rules

import (
	"slices"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
)

func TestCheckTriggerAddress(t *testing.T) {
	for uri, test := range map[string]struct {
		opened  []string
		refused bool
	}{
		"https://example.com/hook":         {nil, false},
		"http://93.184.215.14/":            {nil, false},
		"http://10.1.2.3/":                 {nil, true},
		"http://10.1.2.3:8080/a":           {[]string{"10.1.0.0/16"}, false},
		"http://10.2.2.3/":                 {[]string{"10.1.0.0/16"}, true},
		"http://192.168.1.1/":              {nil, true},
		"http://100.64.1.1/":               {nil, true},
		"http://169.254.169.254/latest":    {nil, true},
		"http://127.0.0.1:9/":              {nil, true},
		"http://localhost/":                {nil, true},
		"http://LocalHost./":               {[]string{"127.0.0.0/8"}, false},
		"http://0.0.0.0/":                  {nil, true},
		"http://[::1]/":                    {nil, true},
		"http://[::ffff:10.1.2.3]/":        {nil, true},
		"http://[fd00::1]/":                {nil, true},
		"http://[2606:4700::1111]/":        {nil, false},
		"http://aliased.example.com/":      {nil, false},
		"http://hooks.default.svc:80/hook": {nil, false},
	} {
		trigger := &v1alpha1.WebhookTrigger{Spec: v1alpha1.WebhookTriggerSpec{URI: uri}}
		environment := &Environment{FetchAllowedCIDRs: test.opened, FetchHostAliases: map[string]string{"aliased.example.com": "10.0.0.1"}}
		got := CheckTriggerAddress(trigger, environment)
		if (len(got) > 0) != test.refused {
			t.Errorf("%s with %v opened: %v", uri, test.opened, got)
		}
	}
	private := &v1alpha1.WebhookTrigger{Spec: v1alpha1.WebhookTriggerSpec{URI: "http://10.1.2.3/token"}}
	if got := CheckTriggerAddress(private, &Environment{}).ToAggregate().Error(); !strings.Contains(got, "10.1.2.3") || strings.Contains(got, "token") {
		t.Errorf("the message does not name the address, or more than that: %s", got)
	}
}

func TestUnsupportedInWebhookTrigger(t *testing.T) {
	type W = v1alpha1.WebhookTrigger
	base := func() *W {
		return &W{ObjectMeta: named("hook"), Spec: v1alpha1.WebhookTriggerSpec{EnvironmentRef: shop(), EventType: "upload", URI: "https://example.com"}}
	}
	check(t, base, UnsupportedInWebhookTrigger, []row[W]{
		{"a webhook", func(w *W) { w.Spec.URIType, w.Spec.AuthScheme = "webhook", "legacy_hmac" }, nil},
		{"a channel", func(w *W) { w.Spec.URIType = "poll" }, nil},
		{"a flow", func(w *W) { w.Spec.URIType = "flow" }, []string{"spec.uriType"}},
		{"signed by Ed25519 only", func(w *W) { w.Spec.AuthScheme = "eddsa_v2" }, []string{"spec.authScheme"}},
	})
	plain := base()
	plain.Spec.URI = "http://example.com"
	if got := WarnWebhookTrigger(plain); len(got) != 1 {
		t.Errorf("warnings for http: %q", got)
	}
	if got := WarnWebhookTrigger(base()); slices.Compare(got, nil) != 0 {
		t.Errorf("warnings for https: %q", got)
	}
}
