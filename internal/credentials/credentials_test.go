package credentials_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"regexp"
	"testing"
	"testing/iotest"

	"github.com/cloudinary/cloudinary-go/v2"
	"github.com/cloudinary/cloudinary-go/v2/config"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/credentials"
	"github.com/darkroom-media/darkroom/internal/rules"
)

var pair = credentials.Pair{APIKey: "123456789012345", APISecret: "abc_-DEFghiJKLmnoPQRstuVWXy"}

func environment(cloudName string, delivery *v1alpha1.DeliverySpec) *rules.Environment {
	return rules.Effective(&v1alpha1.ProductEnvironment{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "main"},
		Spec:       v1alpha1.ProductEnvironmentSpec{CloudName: cloudName, Delivery: delivery},
	})
}

func TestCloudinaryURLLeadsTheGoSDKToTheEnvironment(t *testing.T) {
	const service = "http://main-media.shop.svc"
	for name, c := range map[string]struct {
		delivery *v1alpha1.DeliverySpec
		want     string
	}{
		"in the cluster":       {nil, service + "/acme-shop/image/upload/a"},
		"no host given":        {&v1alpha1.DeliverySpec{}, service + "/acme-shop/image/upload/a"},
		"public base URL":      {&v1alpha1.DeliverySpec{PublicBaseURL: "http://192.0.2.1:30080/"}, "http://192.0.2.1:30080/acme-shop/image/upload/a"},
		"public base with TLS": {&v1alpha1.DeliverySpec{PublicBaseURL: "https://media.example.com"}, "https://media.example.com/acme-shop/image/upload/a"},
		"TLS host":             {&v1alpha1.DeliverySpec{PublicBaseURL: "http://a.example.com", SecureHost: "b.example.com:8443"}, "https://b.example.com:8443/acme-shop/image/upload/a"},
	} {
		t.Run(name, func(t *testing.T) {
			endpoint := credentials.EndpointOf(environment("acme-shop", c.delivery))
			raw := endpoint.CloudinaryURL(pair)
			parsed, err := config.NewFromURL(raw)
			if err != nil {
				t.Fatal(err)
			}
			if parsed.API.UploadPrefix != service {
				t.Errorf("upload prefix %q, want %q", parsed.API.UploadPrefix, service)
			}
			if parsed.Cloud.CloudName != "acme-shop" || parsed.Cloud.APIKey != pair.APIKey || parsed.Cloud.APISecret != pair.APISecret {
				t.Errorf("cloud %+v", parsed.Cloud)
			}
			sdk, err := cloudinary.NewFromURL(raw)
			if err != nil {
				t.Fatal(err)
			}
			image, err := sdk.Image("a")
			if err != nil {
				t.Fatal(err)
			}
			image.Config.URL.Analytics = false
			got, err := image.String()
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("delivery URL %s, want %s", got, c.want)
			}
			if base := endpoint.DeliveryURL() + "/image/upload/a"; base != c.want {
				t.Errorf("DeliveryURL leads to %s, want %s", base, c.want)
			}
		})
	}
}

func TestCloudinaryURLIsTheOneWeDocument(t *testing.T) {
	got := credentials.EndpointOf(environment("acme", nil)).CloudinaryURL(pair)
	want := "cloudinary://123456789012345:abc_-DEFghiJKLmnoPQRstuVWXy@acme" +
		"?cname=main-media.shop.svc&secure=false&secure_distribution=main-media.shop.svc&upload_prefix=http%3A%2F%2Fmain-media.shop.svc"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestEntriesAreEnvironmentVariablesAndGiveThePairBack(t *testing.T) {
	entries := credentials.Entries(credentials.EndpointOf(environment("acme", nil)), pair)
	name := regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	for entry, value := range entries {
		if !name.MatchString(entry) {
			t.Errorf("entry %q is no name of an environment variable", entry)
		}
		if len(value) == 0 {
			t.Errorf("entry %q is empty", entry)
		}
	}
	if got := credentials.PairOf(entries); got != pair || !got.Complete() {
		t.Errorf("pair %+v", got)
	}
	if credentials.PairOf(nil).Complete() {
		t.Error("a pair read from nothing is complete")
	}
}

func TestNewPairHasTheShapeThatSDKsKnow(t *testing.T) {
	key, secret := regexp.MustCompile(`^[1-9][0-9]{14}$`), regexp.MustCompile(`^[A-Za-z0-9_-]{27}$`)
	seen := map[string]bool{}
	for range 200 {
		p, err := credentials.NewPair(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if !key.MatchString(p.APIKey) || !secret.MatchString(p.APISecret) {
			t.Fatalf("pair %+v", p)
		}
		if seen[p.APIKey] || seen[p.APISecret] {
			t.Fatal("a key came twice")
		}
		seen[p.APIKey], seen[p.APISecret] = true, true
	}
	smallest, err := credentials.NewPair(bytes.NewReader(make([]byte, 64)))
	if err != nil || smallest.APIKey != "100000000000000" {
		t.Errorf("from zeros: %+v, %v", smallest, err)
	}
}

func TestNewPairFailsWithItsSourceOfRandomness(t *testing.T) {
	broken := errors.New("no entropy")
	for _, healthy := range []int{0, 16} {
		random := io.MultiReader(bytes.NewReader(make([]byte, healthy)), iotest.ErrReader(broken))
		if _, err := credentials.NewPair(random); !errors.Is(err, broken) {
			t.Errorf("after %d bytes: %v", healthy, err)
		}
	}
}
