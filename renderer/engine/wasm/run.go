package wasm

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"
)

// Picture is pixels of four bytes, red, green, blue and alpha, row by row.
type Picture struct {
	Width, Height int
	Pixels        []byte
}

// Limits bound a run.
type Limits struct {
	// Fuel is how many instructions may run.
	Fuel int64
	// Memory is how many bytes the module may take.
	Memory int64
	// Pixels bounds the picture that comes out.
	Pixels int64
}

// Errors of functions that do not do what they should. Their texts are for whoever wrote the function.
var (
	ErrFuel   = errors.New("it ran for too long")
	ErrModule = errors.New("it is no valid WebAssembly module")
)

// pageSize is what memory grows by.
const pageSize = 64 << 10

// maxModule bounds the length of a module.
const maxModule = 16 << 20

// Run instantiates a module and has it transform a picture. Errors say what the module did wrong.
func Run(ctx context.Context, module []byte, in Picture, metadata []byte, limits Limits) (Picture, error) {
	if len(module) > maxModule {
		return Picture{}, fmt.Errorf("%w: it is larger than %d bytes", ErrModule, maxModule)
	}
	metered, err := meter(module, limits.Fuel)
	if err != nil {
		return Picture{}, err
	}
	pages := uint32(min(limits.Memory/pageSize, 65536))
	runtime := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithMemoryLimitPages(pages).WithCloseOnContextDone(true))
	defer func() { _ = runtime.Close(ctx) }() // nothing outlives the run
	if err := imports(ctx, runtime); err != nil {
		return Picture{}, err
	}
	f := &function{limits: limits}
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize")
	if f.module, err = runtime.InstantiateWithConfig(ctx, metered, config); err != nil {
		return Picture{}, fmt.Errorf("%w: %s", ErrModule, firstLine(err))
	}
	out, err := f.transform(ctx, in, metadata)
	if err != nil && (f.exhausted() || ctx.Err() != nil) {
		return Picture{}, ErrFuel
	}
	return out, err
}

// imports offers what modules of usual compilers ask for.
func imports(ctx context.Context, runtime wazero.Runtime) error {
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, runtime); err != nil {
		return fmt.Errorf("offer WASI: %w", err)
	}
	env := runtime.NewHostModuleBuilder("env")
	env.NewFunctionBuilder().WithFunc(func(_, _ uint32) {}).Export("trace")
	env.NewFunctionBuilder().WithFunc(func(ctx context.Context, m api.Module, _, _, _, _ uint32) {
		_ = m.CloseWithExitCode(ctx, 1)
		panic(sys.NewExitError(1))
	}).Export("abort")
	if _, err := env.Instantiate(ctx); err != nil {
		return fmt.Errorf("offer the imports: %w", err)
	}
	return nil
}

// function is an instance.
type function struct {
	module api.Module
	limits Limits
}

// call runs an exported function that gives a number.
func (f *function) call(ctx context.Context, name string, arguments ...uint64) (uint32, error) {
	exported := f.module.ExportedFunction(name)
	if exported == nil {
		return 0, fmt.Errorf("it exports no function %s", name)
	}
	definition := exported.Definition()
	for _, kind := range append(definition.ParamTypes(), definition.ResultTypes()...) {
		if kind != api.ValueTypeI32 {
			return 0, fmt.Errorf("its function %s takes or gives other things than i32", name)
		}
	}
	if wanted := len(definition.ParamTypes()); wanted > len(arguments) || wanted < len(arguments)-1 || len(definition.ResultTypes()) != 1 {
		return 0, fmt.Errorf("its function %s has another signature than it should", name)
	}
	results, err := exported.Call(ctx, arguments[:len(definition.ParamTypes())]...)
	if err != nil {
		return 0, fmt.Errorf("%s failed: %s", name, firstLine(err))
	}
	return uint32(results[0]), nil
}

// firstLine is an error without the stack of the module.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// put copies bytes into the memory of the instance.
func (f *function) put(ctx context.Context, data []byte) (uint32, error) {
	at, err := f.call(ctx, "alloc", uint64(len(data)))
	if err != nil {
		return 0, err
	}
	if memory := f.module.Memory(); memory == nil || !memory.Write(at, data) {
		return 0, fmt.Errorf("its alloc gave no room for %d bytes", len(data))
	}
	return at, nil
}

func (f *function) transform(ctx context.Context, in Picture, metadata []byte) (Picture, error) {
	pixels, err := f.put(ctx, in.Pixels)
	if err != nil {
		return Picture{}, err
	}
	facts, err := f.put(ctx, metadata)
	if err != nil {
		return Picture{}, err
	}
	at, err := f.call(ctx, "transform", uint64(in.Width), uint64(in.Height), uint64(pixels), uint64(facts), uint64(len(metadata)))
	if err != nil {
		return Picture{}, err
	}
	const header = 8
	head, ok := f.module.Memory().Read(at, header)
	if !ok {
		return Picture{}, errors.New("its result lies outside of its memory")
	}
	width, height := int64(binary.BigEndian.Uint32(head)), int64(binary.BigEndian.Uint32(head[4:]))
	if width < 1 || height < 1 || width > f.limits.Pixels || width*height > f.limits.Pixels {
		return Picture{}, fmt.Errorf("its result has the size %dx%d", width, height)
	}
	result, ok := f.module.Memory().Read(at+header, uint32(4*width*height))
	if !ok {
		return Picture{}, fmt.Errorf("its result of %dx%d lies outside of its memory", width, height)
	}
	return Picture{int(width), int(height), append([]byte{}, result...)}, nil
}

// exhausted says that the instance ran out of fuel.
func (f *function) exhausted() bool {
	fuel := f.module.ExportedGlobal(fuelName)
	return fuel != nil && int64(fuel.Get()) < 0
}
