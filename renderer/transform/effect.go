package transform

import (
	"errors"
	"slices"
	"strings"
)

// maxEffectArguments bounds the arguments of one effect.
const maxEffectArguments = 64

// readEffect reads e_.
func readEffect(d *draft, value string) error {
	effect, err := parseEffect(value)
	if err == nil {
		d.component.Effect = effect
	}
	return err
}

// parseEffect reads the decoded value of e_. An effect whose name is a variable is checked when it is resolved.
func parseEffect(value string) (*Effect, error) {
	parts := splitOutside(value, ":;")
	name, args := parts[0], joinColors(parts[1:])
	// transformation-builder-sdk writes a colon for each argument that it leaves out at the end.
	for len(args) > 0 && args[len(args)-1] == "" {
		args = args[:len(args)-1]
	}
	if len(args) == 0 {
		args = nil // as without the colons
	}
	if addon := effectAddon(name); addon != "" {
		return nil, unavailable("e_"+name, addon)
	}
	if len(args) > maxEffectArguments {
		return nil, errValue
	}
	if isVariable(name) {
		return &Effect{Name: name, Args: args}, nil
	}
	rule, known := effectRules[name]
	if !known {
		return nil, errValue
	}
	if rule.check != nil {
		if !rule.check(args) {
			return nil, errValue
		}
		return &Effect{Name: name, Args: args}, nil
	}
	_, args, ok := rule.match(args)
	if !ok {
		return nil, errValue
	}
	return &Effect{Name: name, Args: args}, nil
}

// joinColors makes one argument of "rgb" and the digits that the split at colons took off.
func joinColors(parts []string) []string {
	var args []string
	for i := 0; i < len(parts); i++ {
		if parts[i] == "rgb" && i+1 < len(parts) {
			args = append(args, "rgb:"+parts[i+1])
			i++
			continue
		}
		args = append(args, parts[i])
	}
	return args
}

// match assigns arguments to their descriptions. values holds them by name; canonical has numbers clamped.
func (r effectRule) match(args []string) (values map[string]string, canonical []string, ok bool) {
	values = map[string]string{}
	next, repeats := 0, 0
	for _, arg := range args {
		if i, value, ok := r.named(arg, values); ok {
			values[r.arguments[i].name] = value
			canonical = append(canonical, r.arguments[i].name+"_"+value)
			continue
		}
		value, found := "", false
		for ; next < len(r.arguments) && !found; next++ {
			if _, written := values[r.arguments[next].name]; written {
				continue
			}
			if value, found = r.arguments[next].accept(arg); found {
				values[r.arguments[next].name] = value
			}
		}
		for i := 0; i < len(r.repeated) && !found && repeats < r.repeats; i++ {
			if value, found = r.repeated[i].accept(arg); found {
				repeats++
			}
		}
		if !found {
			return nil, nil, false
		}
		canonical = append(canonical, value)
	}
	for _, a := range r.arguments[:r.required] {
		if _, ok := values[a.name]; !ok {
			return nil, nil, false
		}
	}
	return values, canonical, true
}

// named reads an argument written as <name>_<value>.
func (r effectRule) named(arg string, values map[string]string) (index int, value string, ok bool) {
	for i, a := range r.arguments {
		text, isNamed := strings.CutPrefix(arg, a.name+"_")
		if !isNamed {
			continue
		}
		if _, written := values[a.name]; written {
			return 0, "", false
		}
		if value, ok := a.accept(text); ok {
			return i, value, true
		}
	}
	return 0, "", false
}

// accept checks a value and gives it in canonical spelling.
func (a argument) accept(text string) (string, bool) {
	switch a.kind {
	case argWord:
		return text, isWord(text, a.words) || isVariable(text)
	case argColor:
		_, err := ParseColor(text)
		return text, err == nil
	case argGroup:
		return text, text != ""
	}
	unit := ""
	if digits, ok := strings.CutSuffix(text, a.unit); ok && a.unit != "" {
		text, unit = digits, a.unit
	}
	number, ok := parseNumber(text, "")
	if !ok {
		return "", false
	}
	clamp(number, a.min, a.max)
	return number.String() + unit, true
}

// Arguments gives the arguments by name, as the table of effects declares them, with defaults filled in; an argument
// without a default is missing when it was not written. Arguments that repeat, and those of effects that take a
// list of numbers (distort, recolor, vectorize), are in Args only.
func (e *Effect) Arguments() map[string]string {
	rule := effectRules[e.Name]
	values, _, ok := rule.match(e.Args)
	if !ok || rule.check != nil {
		values = map[string]string{}
	}
	for _, a := range rule.arguments {
		if _, written := values[a.name]; !written && a.initial != "" {
			values[a.name] = a.initial
		}
	}
	return values
}

// Resolve replaces variables and expressions by what they come to, and checks the result. The error is a
// *problem.Problem 400.
func (e *Effect) Resolve(env Env) (*Effect, error) {
	parts := make([]string, 0, 1+len(e.Args))
	for _, part := range append([]string{e.Name}, e.Args...) {
		resolved, err := resolveWord(part, env)
		if err != nil {
			return nil, err
		}
		parts = append(parts, resolved)
	}
	text := strings.Join(parts, ":")
	effect, err := parseEffect(text)
	if errors.Is(err, errValue) || err == nil && isVariable(effect.Name) {
		return nil, invalid("effect", text)
	}
	if err != nil {
		return nil, err
	}
	effect.Width, effect.Height = e.Width, e.Height
	return effect, nil
}

// resolveWord replaces a word that is a variable or an expression by its value; any other word stays. A name
// before the value ("level_$x") stays, too.
func resolveWord(word string, env Env) (string, error) {
	at := strings.IndexByte(word, '$')
	if at < 0 {
		return word, nil
	}
	prefix, rest := "", word
	if number, ok := parseNumber(word, ""); !ok {
		prefix, rest = word[:at], word[at:]
	} else if len(number.Expr) == 0 {
		return word, nil
	}
	if isVariable(rest) {
		if strs, ok := env.Strings(rest); ok {
			return prefix + strings.Join(strs, ":"), nil
		}
	}
	number, ok := parseNumber(rest, "")
	if !ok {
		return "", invalid("effect", word)
	}
	value, _, err := number.Eval(env)
	if err != nil {
		return "", err
	}
	return prefix + formatNumber(value), nil
}

// isColorMatrix tells whether arguments are the 9 or 16 numbers of a colour matrix.
func isColorMatrix(args []string) bool {
	return (len(args) == 9 || len(args) == 16) && areNumbers(args)
}

// isDistortion tells whether arguments are four corners (pixels, or percentages like 50p), or an arc of up to a full turn.
func isDistortion(args []string) bool {
	if len(args) == 2 && args[0] == "arc" {
		number, ok := parseNumber(args[1], "")
		return ok && (len(number.Expr) > 0 || number.Value != 0 && number.Value >= -360 && number.Value <= 360)
	}
	for i, arg := range args {
		digits, isPercent := strings.CutSuffix(arg, "p")
		if !isPercent {
			digits, _ = strings.CutSuffix(arg, "%")
		}
		if _, ok := parseNumber(digits, ""); !ok || i >= 8 {
			return false
		}
	}
	return len(args) == 8
}

// isVectorize tells whether arguments are up to five numbers (colors, detail, despeckle, paths, corners), or pairs of those names and numbers.
func isVectorize(args []string) bool {
	names := []string{"colors", "detail", "despeckle", "paths", "corners"}
	if len(args) == 0 || !slices.Contains(names, args[0]) {
		return len(args) <= len(names) && areNumbers(args)
	}
	if len(args)%2 != 0 || len(args) > 2*len(names) {
		return false
	}
	for i := 0; i < len(args); i += 2 {
		if !slices.Contains(names, args[i]) || !areNumbers(args[i+1:i+2]) {
			return false
		}
	}
	return true
}

// isMaskVariable tells whether the argument is mask_$name, where the variable holds a picture.
func isMaskVariable(args []string) bool {
	if len(args) != 1 {
		return false
	}
	name, ok := strings.CutPrefix(args[0], "mask_")
	return ok && isVariable(name)
}

func areNumbers(args []string) bool {
	for _, arg := range args {
		if _, ok := parseNumber(arg, ""); !ok {
			return false
		}
	}
	return true
}

// spellEffect is an effect as readEffect reads it, not yet percent-encoded.
func spellEffect(name string, args []string) string {
	return strings.Join(append([]string{name}, args...), ":")
}
