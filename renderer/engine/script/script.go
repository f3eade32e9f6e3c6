// Package script runs the small programs in JavaScript that uploads bring along, and the filters in jq that URLs of lists do. They run in a child of the engine, which has no
// keys, no network and no files, under limits of time, stack and memory; a program that gets past those costs the child, which
// is replaced.
package script

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/dop251/goja"

	"github.com/darkroom-media/darkroom/renderer/engine"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

const (
	// maxTime is how long a program may run.
	maxTime = time.Second
	// maxStack is how deep calls may nest.
	maxStack = 500
	// maxMemory is how much a program may make the heap grow, in bytes. It is looked at every memoryTick.
	maxMemory  = 64 << 20
	memoryTick = 5 * time.Millisecond
	// maxResult bounds what a program gives back, in bytes of JSON.
	maxResult = 1 << 20
)

// Reasons why a program was stopped.
var (
	errTime   = errors.New("it ran longer than a second")
	errMemory = errors.New("it took more than 64 MB of memory")
)

// Run runs a program over variables and gives one of them back. What is wrong with the program is a 400 whose message says so.
func Run(request *engine.ScriptRequest) (*engine.ScriptResult, error) {
	switch request.Language {
	case "":
		return runJavaScript(request)
	case transform.LanguageJQ:
		return filter(request)
	}
	return nil, problem.Failed(fmt.Errorf("a script in the unknown language %q", request.Language))
}

func runJavaScript(request *engine.ScriptRequest) (*engine.ScriptResult, error) {
	vm := goja.New()
	vm.SetMaxCallStackSize(maxStack)
	for name, value := range request.Variables {
		if err := set(vm, name, value); err != nil {
			return nil, problem.Failed(fmt.Errorf("set the variable %s: %w", name, err))
		}
	}
	defer limit(func(reason error) { vm.Interrupt(reason) })()
	if _, err := vm.RunScript("prelude", request.Prelude); err != nil {
		return nil, problem.Failed(fmt.Errorf("run the prelude: %w", err))
	}
	if _, err := vm.RunScript("script", request.Source); err != nil {
		return nil, refused(err)
	}
	// In the way of programs, so that a value that cannot be written as JSON is refused in theirs.
	value, err := vm.RunString("JSON.stringify(" + request.Returns + ")")
	if err != nil {
		return nil, refused(err)
	}
	text := "null"
	if !goja.IsUndefined(value) {
		text = value.String()
	}
	if len(text) > maxResult {
		return nil, tooLarge()
	}
	return &engine.ScriptResult{Value: json.RawMessage(text)}, nil
}

func tooLarge() error {
	return problem.BadRequest("the result of the script is larger than %d bytes", maxResult)
}

// set makes a value a program's own: plain objects that it may change.
func set(vm *goja.Runtime, name string, value json.RawMessage) error {
	parse, ok := goja.AssertFunction(vm.GlobalObject().Get("JSON").ToObject(vm).Get("parse"))
	if !ok {
		return errors.New("there is no JSON.parse")
	}
	parsed, err := parse(goja.Undefined(), vm.ToValue(string(value)))
	if err != nil {
		return err
	}
	return vm.Set(name, parsed)
}

// limit calls stop when a program takes too much, until the function that it returns is called.
func limit(stop func(reason error)) (done func()) {
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	ended, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		timeout := time.NewTimer(maxTime)
		defer timeout.Stop()
		tick := time.NewTicker(memoryTick)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-timeout.C:
				stop(errTime)
				return
			case <-tick.C:
				var now runtime.MemStats
				runtime.ReadMemStats(&now)
				if now.HeapAlloc > before.HeapAlloc+maxMemory {
					stop(errMemory)
					return
				}
			}
		}
	}()
	return func() {
		close(ended)
		<-watched
	}
}

// stopped says that a program took too much.
func stopped(reason error) error { return problem.BadRequest("the script was stopped: %s", reason) }

// refused says what is wrong with a program, in one line.
func refused(err error) error {
	if interrupted, ok := errors.AsType[*goja.InterruptedError](err); ok {
		if cause, ok := interrupted.Value().(error); ok {
			return stopped(cause)
		}
	}
	if _, ok := errors.AsType[*goja.StackOverflowError](err); ok {
		return problem.BadRequest("the script was stopped: its calls nest too deep")
	}
	text := err.Error()
	if thrown, ok := errors.AsType[*goja.Exception](err); ok {
		text = thrown.Value().String()
		if at := thrown.Stack(); len(at) > 0 {
			position := at[0].Position()
			text += fmt.Sprintf(" at line %d, column %d", position.Line, position.Column)
		}
	}
	return problem.BadRequest("%s", oneLine(text))
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
