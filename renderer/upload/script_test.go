package upload

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/darkroom-media/darkroom/renderer/catalog"
)

func TestEval(t *testing.T) {
	f := newFixture(t)
	const program = `if (resource_info.width < 450) {
		upload_options.tags = upload_options.tags + ",small"
		upload_options["phash"] = true
	}
	upload_options.context = {size: resource_info.width + "x" + resource_info.height, hash: String(resource_info.phash)}
	upload_options["metadata"] = {size: resource_info.pages}
	upload_options.transformation = "c_scale,w_20"
	delete upload_options.display_name`
	got := f.expect(f.upload("/image/upload", "a.png", picture("png", 40, 30), "public_id", "a", "tags", "x", "display_name", "gone", "eval", program))
	asset := f.image("a")
	if !reflect.DeepEqual(asset.Tags, []string{"small", "x"}) || asset.Context["size"] != "40x30" || asset.Context["hash"] != "undefined" ||
		asset.Metadata["size"] != int64(1) || asset.Width != 20 || asset.DisplayName != "a" {
		t.Errorf("stored %+v", asset)
	}
	if got.body["phash"] != "0000000000000014" || !reflect.DeepEqual(got.body["hook_execution"], map[string]any{"eval": map[string]any{"status": "success"}}) {
		t.Errorf("answer %s", pretty(got.body))
	}
	// What was asked for is known to the program.
	f.expect(f.upload("/image/upload", "b.png", picture("png", 40, 30), "public_id", "b", "phash", "1", "eval", `upload_options.context = "h=" + resource_info.phash`))
	if b := f.image("b"); b.Context["h"] != "0000000000000028" || f.engine.analysed != 2 {
		t.Errorf("stored %+v after %d looks", b, f.engine.analysed)
	}
	// So are files that are no pictures.
	f.expect(f.upload("/raw/upload", "c.txt", "text", "public_id", "c.txt", "eval", `upload_options.tags = [resource_info.format, String(resource_info.bytes)]`))
	if c := f.stored("raw", "upload", "c.txt"); !reflect.DeepEqual(c.Tags, []string{"4", "txt"}) {
		t.Errorf("stored %+v", c)
	}
	// A preset's program runs for those who hold no key; their own is refused.
	f.snapshot.Presets["unsigned"] = catalog.Preset{
		Name: "unsigned", Unsigned: true, Parameters: map[string]json.RawMessage{"eval": json.RawMessage(`"upload_options.tags = 'preset'"`)},
	}
	unsigned := f.expect(f.multipart("/image/upload", part{"upload_preset", "", "unsigned"}, part{"file", "a.png", picture("png", 9, 9)}))
	if !reflect.DeepEqual(unsigned.body["tags"], []any{"preset"}) {
		t.Errorf("unsigned: %s", pretty(unsigned.body))
	}
	f.expectStored(4)

	for program, message := range map[string]string{
		`upload_options.`:                      "Invalid eval: SyntaxError",
		`throw "not today"`:                    "Invalid eval: not today at line 1",
		`while (true) {}`:                      "Invalid eval: the script was stopped: it ran longer than a second",
		`upload_options.overwrite = true`:      "Invalid eval: upload_options.overwrite cannot be changed",
		`upload_options.eval = ""`:             "Invalid eval: upload_options.eval cannot be changed",
		`upload_options.tags = {a: 1}`:         "",
		`upload_options = 5`:                   "Invalid eval: upload_options is no object any more",
		`upload_options.access_mode = "all"`:   "Invalid eval: upload_options.access_mode cannot be changed",
		`upload_options.public_id = "a/../b"`:  "public_id (a/../b) is invalid: the folder .. is not allowed",
		`upload_options.metadata = "size=big"`: `Value "big" is invalid for metadata field size: it is no integer`,
		strings.Repeat(" ", 64<<10+1):          "Invalid eval: it is longer than 65536 bytes",
	} {
		got := f.upload("/image/upload", "d.png", picture("png", 9, 9), "eval", program)
		if message != "" && (got.status != http.StatusBadRequest || !strings.HasPrefix(got.message(), message)) {
			t.Errorf("%.40s: %d %s", program, got.status, got.message())
		}
	}
	f.expectRefused(f.call("/image/explicit", "public_id", "a", "type", "upload", "eval", "1"), 400, "Invalid value for eval: it is for uploads")
}

func TestOnSuccess(t *testing.T) {
	f := newFixture(t)
	const program = `current_asset.update({tags: ["autocaption", e.upload_info.format], context: {was: event.upload_info.public_id}});
		current_asset.update({metadata: {size: 7}})`
	got := f.expect(f.upload("/image/upload", "a.png", picture("png", 40, 30), "public_id", "a", "tags", "x", "on_success", program))
	want := map[string]any{"on_success": map[string]any{"status": "success"}}
	asset := f.image("a")
	if !reflect.DeepEqual(asset.Tags, []string{"autocaption", "png"}) || asset.Context["was"] != "a" || asset.Metadata["size"] != int64(7) {
		t.Errorf("stored %+v", asset)
	}
	if !reflect.DeepEqual(got.body["tags"], []any{"autocaption", "png"}) || !reflect.DeepEqual(got.body["hook_execution"], want) {
		t.Errorf("answer %s", pretty(got.body))
	}
	explicit := f.expect(f.call("/image/explicit", "public_id", "a", "type", "upload", "on_success", `current_asset.update({display_name: "b"})`))
	if explicit.body["display_name"] != "b" || f.image("a").DisplayName != "b" {
		t.Errorf("explicit: %s", pretty(explicit.body))
	}
	// The upload stands whatever the program does.
	for program, message := range map[string]string{
		`nothing()`: "Invalid on_success: ReferenceError: nothing is not defined at line 1, column 8",
		`current_asset.update({tags: "lost"}); x()`:  "Invalid on_success: ReferenceError: x is not defined at line 1",
		`current_asset.update({access_mode: "all"})`: "Invalid on_success: access_mode cannot be updated",
		`current_asset.update(5)`:                    "Invalid on_success: current_asset.update takes an object",
		`current_asset.update({metadata: {no: 1}})`:  `Metadata External IDs do not exist: ["no"]`,
	} {
		got := f.expect(f.upload("/image/upload", "c.png", picture("png", 9, 9), "public_id", "c", "tags", "kept", "on_success", program))
		hook, _ := got.body["hook_execution"].(map[string]any)
		outcome, _ := hook["on_success"].(map[string]any)
		failure, _ := outcome["error"].(map[string]any)
		said, _ := failure["message"].(string)
		if outcome["status"] != "failed" || !strings.HasPrefix(said, message) || !reflect.DeepEqual(f.image("c").Tags, []string{"kept"}) {
			t.Errorf("%s: %s", program, pretty(got.body["hook_execution"]))
		}
	}
}
