// Package wire frames the messages between the renderer, the engine's supervisor and its children: a fixed
// prefix, a JSON header and the file descriptors that belong to it.
//
// A job is one Job message with its files, the last of which is its mark (see NewMark), answered by an Event message without
// files: Finished or Failed. Before that a child tells its supervisor that it has Started.
package wire

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

const (
	// MaxFiles is how many descriptors one message may carry; Linux takes 253.
	MaxFiles = 251
	// MaxHeader bounds the JSON header of a message, in bytes.
	MaxHeader = 4 << 20

	version      = 2
	prefixLength = 8 // version (2 bytes), number of files (2), length of the header (4), big endian
)

// Kind says what a job asks for.
type Kind string

const (
	// Ping asks whether a child is ready; it carries no files.
	Ping Kind = "ping"
	// Probe carries the picture and an engine.ProbeRequest; Finished carries an engine.ProbeResult.
	Probe Kind = "probe"
	// Analyse carries the picture and an engine.AnalyseRequest; Finished carries an engine.Analysis.
	Analyse Kind = "analyse"
	// Video carries the file and an engine.VideoRequest; Finished carries an engine.Video.
	Video Kind = "video"
	// Frame carries the file, the output and an engine.FrameRequest; Finished carries an engine.RenderResult.
	Frame Kind = "frame"
	// Slideshow carries the first picture, the output and the other pictures, and an engine.SlideshowRequest; Finished carries an
	// engine.RenderResult.
	Slideshow Kind = "slideshow"
	// Script carries no files, and an engine.ScriptRequest; Finished carries an engine.ScriptResult.
	Script Kind = "script"
	// Assemble carries the first picture, the output and the other pictures, and an engine.AssembleRequest; Finished carries an
	// engine.RenderResult.
	Assemble Kind = "assemble"
	// Render carries the base picture, the output, the mezzanine if Job.Mezzanine says so, and the layers, and an
	// engine.RenderRequest; Finished carries an engine.RenderResult.
	Render Kind = "render"
)

// Job is what is asked of the engine.
type Job struct {
	Kind Kind `json:"kind"`
	// Deadline is the wall time that a child may spend on the job.
	Deadline time.Duration `json:"deadline,omitempty"`
	// Mezzanine says that the third file of a Render job is one: to be read, or to be written when the request asks for that.
	Mezzanine bool `json:"mezzanine,omitempty"`
	// Layers names the other files of a Render job, by their key in the request.
	Layers []string `json:"layers,omitempty"`
	// Body is the request, see Kind.
	Body json.RawMessage `json:"body,omitempty"`
}

// State is a step in the life of a job, or of a child.
type State string

const (
	// Ready is the first event of a child: it is initialised and sandboxed, its Body says how.
	Ready State = "ready"
	// Started says that a child has the job, so that no other one shall have it.
	Started State = "started"
	// Finished carries the result in Body.
	Finished State = "finished"
	// Failed carries the error in Problem.
	Failed State = "failed"
)

// Event is what is told about a job.
type Event struct {
	State   State           `json:"state"`
	Body    json.RawMessage `json:"body,omitempty"`
	Problem *Problem        `json:"problem,omitempty"`
}

// Problem is a problem.Problem on the wire; the cause has become text.
type Problem struct {
	Status     int    `json:"status"`
	Message    string `json:"message"`
	Transient  bool   `json:"transient,omitempty"`
	RetryAfter int    `json:"retryAfter,omitempty"`
	Cause      string `json:"cause,omitempty"`
}

// Failure is the Failed event for an error.
func Failure(err error) *Event {
	p := problem.From(err)
	w := &Problem{Status: p.Status, Message: p.Message, Transient: p.Transient, RetryAfter: p.RetryAfter}
	if p.Cause != nil {
		w.Cause = p.Cause.Error()
	}
	return &Event{State: Failed, Problem: w}
}

// DeadlineExceeded is the transient 504 of a job that took longer than it may.
func DeadlineExceeded(cause error) *problem.Problem {
	return &problem.Problem{Status: http.StatusGatewayTimeout, Message: "The picture took too long to process", Transient: true, Cause: cause}
}

// Success is the Finished event for a result.
func Success(result any) (*Event, error) {
	body, err := json.Marshal(result)
	if err != nil {
		return nil, fmt.Errorf("encoding the result of a job: %w", err)
	}
	return &Event{State: Finished, Body: body}, nil
}

// Err is the error that a Failed event carries, a *problem.Problem.
func (e *Event) Err() error {
	if e.Problem == nil {
		return problem.Failed(errors.New("the engine reported a failure without saying which"))
	}
	p := &problem.Problem{Status: e.Problem.Status, Message: e.Problem.Message, Transient: e.Problem.Transient, RetryAfter: e.Problem.RetryAfter}
	if e.Problem.Cause != "" {
		p.Cause = errors.New(e.Problem.Cause)
	}
	return p
}

// Send writes a Job or an Event, and the descriptors of files. The files stay open.
func Send(conn *net.UnixConn, message any, files ...*os.File) error {
	header, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("encoding a message: %w", err)
	}
	if len(header) > MaxHeader {
		return fmt.Errorf("a message of %d bytes is above the limit of %d", len(header), MaxHeader)
	}
	if len(files) > MaxFiles {
		return fmt.Errorf("a message with %d files is above the limit of %d", len(files), MaxFiles)
	}
	prefix := make([]byte, prefixLength)
	binary.BigEndian.PutUint16(prefix, version)
	binary.BigEndian.PutUint16(prefix[2:], uint16(len(files)))
	binary.BigEndian.PutUint32(prefix[4:], uint32(len(header)))
	if len(files) == 0 {
		_, err = conn.Write(append(prefix, header...))
		return err
	}
	// The descriptors travel with the prefix alone: a message that large can be written in parts, and only the
	// first may carry them.
	descriptors := make([]int, len(files))
	for i, file := range files {
		descriptors[i] = int(file.Fd())
	}
	_, _, err = conn.WriteMsgUnix(prefix, unix.UnixRights(descriptors...), nil)
	runtime.KeepAlive(files)
	if err != nil {
		return err
	}
	_, err = conn.Write(header)
	return err
}

// ReceiveJob reads a Job with its files, which the caller closes. An orderly end of the connection before the
// first byte is io.EOF.
func ReceiveJob(conn *net.UnixConn) (*Job, []*os.File, error) {
	prefix := make([]byte, prefixLength)
	rights := make([]byte, unix.CmsgSpace(MaxFiles*4))
	n, rightsLength, flags, _, err := conn.ReadMsgUnix(prefix, rights)
	files, parseErr := filesFrom(rights[:rightsLength])
	if err == nil {
		err = parseErr
	}
	if err == nil && n == 0 {
		err = io.EOF
	}
	if err == nil && flags&unix.MSG_CTRUNC != 0 {
		err = errors.New("descriptors of a message were lost: too many, or too many open files")
	}
	if err == nil {
		_, err = io.ReadFull(conn, prefix[n:])
		err = unexpected(err)
	}
	job := &Job{}
	if err == nil {
		err = receiveHeader(conn, prefix, len(files), job)
	}
	if err != nil {
		Close(files)
		return nil, nil, err
	}
	return job, files, nil
}

// ReceiveEvent reads an Event. Descriptors that come along are dropped by the kernel. An orderly end of the
// connection before the first byte is io.EOF.
func ReceiveEvent(conn *net.UnixConn) (*Event, error) {
	prefix := make([]byte, prefixLength)
	if _, err := io.ReadFull(conn, prefix); err != nil {
		return nil, err
	}
	event := &Event{}
	if err := receiveHeader(conn, prefix, 0, event); err != nil {
		return nil, err
	}
	return event, nil
}

// Close closes files.
func Close(files []*os.File) {
	for _, file := range files {
		file.Close()
	}
}

func receiveHeader(conn *net.UnixConn, prefix []byte, files int, message any) error {
	if v := binary.BigEndian.Uint16(prefix); v != version {
		return fmt.Errorf("the other side speaks version %d of the engine's protocol, this side version %d", v, version)
	}
	if announced := int(binary.BigEndian.Uint16(prefix[2:])); announced != files {
		return fmt.Errorf("a message announced %d files and carried %d", announced, files)
	}
	length := binary.BigEndian.Uint32(prefix[4:])
	if length > MaxHeader {
		return fmt.Errorf("a message of %d bytes is above the limit of %d", length, MaxHeader)
	}
	header := make([]byte, length)
	if _, err := io.ReadFull(conn, header); err != nil {
		return fmt.Errorf("reading the header of a message: %w", unexpected(err))
	}
	if err := json.Unmarshal(header, message); err != nil {
		return fmt.Errorf("decoding a message: %w", err)
	}
	return nil
}

// unexpected keeps an end in the middle of a message apart from an orderly one.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// filesFrom turns control messages into files. On an error it returns the files it has got, to be closed.
func filesFrom(rights []byte) ([]*os.File, error) {
	if len(rights) == 0 {
		return nil, nil
	}
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil {
		return nil, fmt.Errorf("parsing control messages: %w", err)
	}
	var files []*os.File
	for i := range messages {
		descriptors, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			continue // not descriptors: credentials, for one
		}
		for _, descriptor := range descriptors {
			files = append(files, os.NewFile(uintptr(descriptor), fmt.Sprintf("received file %d", len(files))))
		}
	}
	return files, nil
}
