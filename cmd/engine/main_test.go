package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// TestMain makes this test binary the engine when its first argument is one of the engine's.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == "child" || os.Args[1] == "launch" || os.Args[1] == "healthcheck" || strings.HasPrefix(os.Args[1], "--")) {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestEngine(t *testing.T) {
	folder, err := os.MkdirTemp("", "engine")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	socket := filepath.Join(folder, "engine.sock")
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var log bytes.Buffer
	local, err := engine.StartLocal(ctx, []string{program}, socket, engine.LocalOptions{Log: &log})
	if err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	t.Cleanup(func() {
		cancel()
		if err := local.Wait(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(log.String())
		}
	})
	client := engine.NewClient(engine.ClientOptions{Socket: socket, Slots: 2, Deadline: time.Minute})
	file := picture(t)
	probe, err := client.Probe(t.Context(), engine.ProbeRequest{File: file, Verify: true})
	if err != nil {
		t.Fatal(err)
	}
	if probe.Format != "png" || probe.Width != 200 || probe.Height != 100 {
		t.Errorf("Probe = %+v", probe)
	}
	for _, format := range []string{"jpg", "png", "webp", "gif", "avif"} {
		plan, err := transform.Parse("a_10/c_fill,g_face,h_50,w_50/o_50,r_max", nil)
		if err != nil {
			t.Fatal(err)
		}
		result, err := client.Render(t.Context(), &engine.RenderRequest{Plan: *plan, Source: engine.Source{File: file}, Format: format})
		if err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		if result.Format != format || result.Width != 50 || result.Height != 50 || result.CPU <= 0 {
			t.Errorf("%s: %+v", format, result)
		}
		result.Output.Close()
	}
	// Fonts are found and read in the sandbox, and what is opened for text alone.
	for name, text := range map[string]string{
		"letters": "Arial_40_bold_italic_underline:Hello", "emoji and other scripts": "Times_40:%F0%9F%98%8D%20%D7%A9%D7%9C%D7%95%D7%9D%20%E4%BD%A0%E5%A5%BD%20%E0%A4%A8%E0%A4%AE",
		"an uploaded font": "mine.ttf_40:Hello", "a packed one": "packed.woff2_40:Hello",
	} {
		t.Run(name, func(t *testing.T) {
			plan, err := transform.Parse("l_text:"+text+"/fl_layer_apply", nil)
			if err != nil {
				t.Fatal(err)
			}
			result, err := client.Render(t.Context(), &engine.RenderRequest{Plan: *plan, Source: engine.Source{File: file}, Format: "png", Layers: map[string]engine.Source{
				engine.FontKey("mine.ttf"):     {File: open(t, "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf")},
				engine.FontKey("packed.woff2"): {File: open(t, "../../renderer/engine/typeset/testdata/square.woff2")},
			}})
			if err != nil {
				t.Fatal(err)
			}
			result.Output.Close()
		})
	}
	if err := run(t.Context(), []string{"healthcheck", "--socket=" + socket}, io.Discard); err != nil {
		t.Errorf("healthcheck: %v", err)
	}
}

// TestChildrenHoldNothing looks at what the processes that decode have been given: no variable and no descriptor of whoever
// started the engine, only what they need.
func TestChildrenHoldNothing(t *testing.T) {
	folder, err := os.MkdirTemp("", "engine")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	secret := filepath.Join(folder, "token")
	if err := os.WriteFile(secret, []byte("token"), 0o600); err != nil {
		t.Fatal(err)
	}
	left, err := unix.Open(secret, unix.O_RDONLY, 0) // left open to whatever this process starts
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(left) })
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(folder, "engine.sock")
	ctx, cancel := context.WithCancel(t.Context())
	local, err := engine.StartLocal(ctx, []string{program, "--children=2"}, socket, engine.LocalOptions{
		Environment: []string{"PATH=/usr/bin:/bin", "CLOUDINARY_URL=cloudinary://key:secret@demo", "AWS_SECRET_ACCESS_KEY=secret"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := local.Wait(); err != nil {
			t.Error(err)
		}
	})
	supervisors := startedBy(t, os.Getpid(), "--socket="+socket)
	if len(supervisors) != 1 {
		t.Fatalf("the supervisors %v", supervisors)
	}
	children := startedBy(t, supervisors[0], "child")
	if len(children) == 0 {
		t.Fatal("no children")
	}
	for _, child := range children {
		process := fmt.Sprintf("/proc/%d/", child)
		environment, err := os.ReadFile(process + "environ")
		if errors.Is(err, fs.ErrPermission) {
			t.Skip("only root may look at processes that are not dumpable")
		}
		if err != nil {
			t.Fatal(err)
		}
		if string(environment) != "PATH=/usr/bin:/bin\x00" {
			t.Errorf("the environment %q", environment)
		}
		descriptors, err := os.ReadDir(process + "fd")
		if err != nil {
			t.Fatal(err)
		}
		sockets := 0
		for _, d := range descriptors {
			to, err := os.Readlink(process + "fd/" + d.Name())
			switch {
			case err != nil: // closed meanwhile
			case strings.HasPrefix(to, "socket:"):
				sockets++
			case to == "/dev/null", strings.HasPrefix(to, "pipe:"), strings.HasPrefix(to, "anon_inode:"), strings.HasPrefix(to, "/sys/fs/cgroup/"):
			default:
				t.Errorf("the descriptor %s of %s", d.Name(), to)
			}
		}
		if sockets != 1 {
			t.Errorf("%d sockets", sockets)
		}
		for end := time.Now().Add(10 * time.Second); ; { // one that has just started gets its limit at once
			var limit unix.Rlimit
			if err := unix.Prlimit(child, unix.RLIMIT_DATA, nil, &limit); err != nil {
				t.Fatal(err)
			}
			if limit.Max != unix.RLIM_INFINITY {
				break
			}
			if time.Now().After(end) {
				t.Fatal("its memory is not limited")
			}
		}
	}
}

// startedBy are the processes that one has started with this as their last argument.
func startedBy(t *testing.T, parent int, argument string) []int {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/status")
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for _, path := range paths {
		status, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(status), fmt.Sprintf("\nPPid:\t%d\n", parent)) {
			continue
		}
		command, err := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		if err != nil || !strings.HasSuffix(string(command), "\x00"+argument+"\x00") {
			continue
		}
		id, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, id)
	}
	return found
}

func open(t *testing.T, path string) *os.File {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

func picture(t *testing.T) *os.File {
	t.Helper()
	canvas := image.NewNRGBA(image.Rect(0, 0, 200, 100))
	for x := range 200 {
		for y := range 100 {
			canvas.Set(x, y, color.NRGBA{R: uint8(x), G: uint8(y), A: 255})
		}
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "picture.png"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	if err := png.Encode(file, canvas); err != nil {
		t.Fatal(err)
	}
	return file
}
