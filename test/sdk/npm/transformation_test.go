package npm

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cloudinary/cloudinary-go/v2/api/uploader"

	"github.com/darkroom-media/darkroom/test/standalone"
)

// refusals are what of every-transformation.mjs may be refused beside what needs an add-on: patterns of names, and of the
// message. Each must be met.
var refusals = []struct{ name, message, reason string }{
	{`^focus on background$`, `^Invalid gravity - background$`, "a class of a segmentation model"},
	{`^format (usdz|ai|eps|flif|psd|wdp|arw|cr2|djvu|eps3|ept|fxb|gltf|hdp|indd|jxr|ps|spd|glb)$`, `^Invalid extension in transformation - `,
		"no picture is written in it"},
	{`^format (audio|video)`, `^Invalid extension in transformation - `, "a picture is neither sound nor video"},
	{`^format svg$`, `e_vectorize must be`, "a photo is no drawing"},
	{`^loop$|^boomerang$|^reverse$|^deshake$`, `.`, "effects of videos"},
}

// TestEveryTransformation asks for what the official builder of URLs can say, as every-transformation.mjs lists it: a picture
// comes of it, or the name of the add-on that it needs.
func TestEveryTransformation(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("SKIP: the builder of URLs needs node")
	}
	if _, err := os.Stat("node_modules/@cloudinary/url-gen"); err != nil {
		t.Skip("SKIP: the builder of URLs is not installed; run npm ci --prefix test/sdk/npm")
	}
	output, err := exec.CommandContext(t.Context(), "node", "every-transformation.mjs").Output()
	if err != nil {
		t.Fatalf("every-transformation.mjs: %v", err)
	}
	picture := filepath.Join(t.TempDir(), "picture.png")
	draw(t, picture)
	r, err := standalone.Start(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Stop)
	for _, id := range []string{"picture", "logo"} {
		if err := r.Upload(t.Context(), id, picture, uploader.UploadParams{}); err != nil {
			t.Fatal(err)
		}
	}
	met := make([]bool, len(refusals))
	delivered, addons := 0, 0
	for lines := bufio.NewScanner(bytes.NewReader(output)); lines.Scan(); {
		name, transformation, _ := strings.Cut(lines.Text(), "\t")
		status, message := ask(t, r.URL+"/demo/image/upload/"+transformation+"/picture")
		switch {
		case status == http.StatusOK:
			delivered++
			continue
		case status == http.StatusBadRequest && strings.Contains(message, "needs the add-on "):
			addons++
			continue
		}
		excused := false
		for i, refusal := range refusals {
			if regexp.MustCompile(refusal.name).MatchString(name) && regexp.MustCompile(refusal.message).MatchString(message) {
				met[i], excused = true, true
			}
		}
		if status != http.StatusBadRequest || !excused {
			t.Errorf("%s: %s: %d %s", name, transformation, status, message)
		}
	}
	for i, refusal := range refusals {
		if !met[i] {
			t.Errorf("nothing was refused because of %s: take %s off the list", refusal.reason, refusal.name)
		}
	}
	if delivered < 1000 || addons == 0 {
		t.Errorf("%d delivered, %d need add-ons", delivered, addons)
	}
	t.Logf("%d delivered, %d need add-ons", delivered, addons)
}

func ask(t *testing.T, url string) (status int, message string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header.Get("X-Cld-Error")
}
