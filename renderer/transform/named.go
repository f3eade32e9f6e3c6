package transform

import (
	"slices"
	"strings"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

const (
	// maxComponents bounds a chain, named transformations expanded.
	maxComponents = 100
	// maxNamedDepth bounds named transformations inside named transformations.
	maxNamedDepth = 5
	// maxLookUps bounds the named transformations of one chain, also of those that stand for nothing.
	maxLookUps = 100
	// maxTransformation bounds the length of a transformation as written, in bytes.
	maxTransformation = 16 << 10
)

// Named looks a named transformation up by its name, without t_.
type Named func(name string) (transformation string, ok bool)

// expansion replaces named transformations by what they stand for.
type expansion struct {
	named   Named
	lookUps int
	drafts  []*draft
}

// add reads the components of a transformation and appends them. depth counts the named transformations around it.
func (e *expansion) add(transformation string, depth int) error {
	if len(transformation) > maxTransformation {
		return problem.BadRequest("Transformation is too long")
	}
	for component := range strings.SplitSeq(transformation, "/") {
		if component == "" {
			continue
		}
		if err := e.addComponent(component, depth); err != nil {
			return err
		}
	}
	return nil
}

func (e *expansion) addComponent(component string, depth int) error {
	var names, others []string
	pieces := piecesOf(component)
	for _, piece := range pieces {
		key, value := splitPiece(piece)
		switch {
		case key == "bl" && (len(e.drafts) > 0 || len(pieces) > 1):
			return problem.BadRequest("Invalid baseline - %s: it must be the first component, alone", shown(unescape(value)))
		case key == "t" || key == "bl":
			names = append(names, unescape(value))
		default:
			others = append(others, piece)
		}
	}
	if len(names) == 0 {
		return e.append(component, depth)
	}
	// Conditions and assignments of the component hold for what the name stands for, too; everything else is
	// applied to its result.
	var conditions, assignments, rest []string
	for _, piece := range others {
		switch key, _ := splitPiece(piece); {
		case strings.HasPrefix(piece, "$"):
			assignments = append(assignments, piece)
		case key == "if":
			conditions = append(conditions, piece)
		default:
			rest = append(rest, piece)
		}
	}
	if n := len(conditions); n > 0 {
		if err := e.append(conditions[n-1], depth); err != nil {
			return err
		}
	}
	if len(assignments) > 0 {
		if err := e.append(strings.Join(assignments, ","), depth); err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := e.expand(name, depth); err != nil {
			return err
		}
	}
	if len(rest) > 0 {
		if err := e.append(strings.Join(rest, ","), depth); err != nil {
			return err
		}
	}
	if n := len(conditions); n > 0 && isConditionStart(conditions[n-1]) {
		return e.append("if_end", depth)
	}
	return nil
}

// isConditionStart tells whether an if_ piece has a condition, and is neither if_else nor if_end.
func isConditionStart(piece string) bool { return piece != "if_else" && piece != "if_end" }

// append reads one component that has no name in it.
func (e *expansion) append(component string, depth int) error {
	if len(e.drafts) == maxComponents {
		return problem.BadRequest("Too many transformation components: the limit is %d", maxComponents)
	}
	d, err := readDraft(component, depth > 0)
	if err != nil {
		return err
	}
	if d.pieces > 0 {
		e.drafts = append(e.drafts, d)
	}
	return nil
}

// expand appends what a name stands for. SDKs join several names by dots, and names may have dots of their own: the
// whole is tried first.
func (e *expansion) expand(name string, depth int) error {
	if depth == maxNamedDepth {
		return problem.BadRequest("Named transformations are nested too deeply - %s", shown(name))
	}
	parts := []string{name}
	if _, ok := e.lookUp(name); !ok && strings.Contains(name, ".") {
		parts = strings.Split(name, ".")
	}
	for _, part := range parts {
		if e.lookUps++; e.lookUps > maxLookUps {
			return problem.BadRequest("Too many named transformations: the limit is %d", maxLookUps)
		}
		transformation, ok := e.lookUp(part)
		if !ok {
			return problem.BadRequest("Named transformation not found - %s", shown(name))
		}
		chain, ext := splitStored(transformation)
		if err := e.add(chain, depth+1); err != nil {
			return err
		}
		if ext != "" {
			if err := e.append("f_"+ext, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *expansion) lookUp(name string) (string, bool) {
	if e.named == nil || name == "" {
		return "", false
	}
	return e.named(name)
}

// splitStored cuts the extension off a stored transformation ("c_pad,h_300/jpg").
func splitStored(transformation string) (chain, ext string) {
	parts := strings.Split(strings.Trim(transformation, "/"), "/")
	last := parts[len(parts)-1]
	if _, known := CanonicalFormat(last); !known {
		return transformation, ""
	}
	return strings.Join(slices.Delete(parts, len(parts)-1, len(parts)), "/"), last
}
