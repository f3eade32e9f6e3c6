package engine

import "os"

// Worker does the work of one job. It runs inside a sandboxed child of the engine, which gives it one job at a
// time. The files of a request are open until the method returns and are closed by the caller; their offsets are
// shared with the renderer, so a Worker maps them or reads at positions, and never seeks. Errors follow those of
// Engine; any error that is no *problem.Problem reaches the client as a transient 500.
type Worker interface {
	// Probe tells what request.File is.
	Probe(request ProbeRequest) (*ProbeResult, error)
	// Render writes the encoded picture to output, from offset 0, and describes it; the mezzanine that the request asks for
	// goes to the other file, which is nil when it asks for none. RenderResult.Output and Mezzanine stay nil; CPU is measured
	// by the caller when it is left zero.
	Render(request *RenderRequest, output, mezzanine *os.File) (*RenderResult, error)
	// Script runs a program.
	Script(request *ScriptRequest) (*ScriptResult, error)
	// Assemble writes a file of several pictures to output, from offset 0, and describes it, as Render does.
	Assemble(request *AssembleRequest, output *os.File) (*RenderResult, error)
	// Analyse looks at request.File.
	Analyse(request AnalyseRequest) (*Analysis, error)
}
