// Package configure is the part of the Admin API that reads and writes the configuration of an environment: each call is
// one on custom resources. It holds, for each kind, how requests become a spec and how a spec is shown.
package configure

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/darkroom-media/darkroom/api/v1alpha1"
	"github.com/darkroom-media/darkroom/internal/rules"
	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/wire"
)

// Editor answers the configuration endpoints. It is safe for concurrent use.
type Editor struct {
	objects catalog.Objects
	library Library
}

// Library is what is asked about assets.
type Library interface {
	TransformationUsed(ctx context.Context, transformation string) (bool, error)
	UsedTransformations(ctx context.Context, after string, max int) ([]string, error)
	DerivedBy(ctx context.Context, transformation string, max int, cursor string) ([]library.DerivedFile, string, error)
	DeleteTransformation(ctx context.Context, transformation string) (deleted int, err error)
	AllowTransformation(ctx context.Context, transformation string, allowed bool) error
	AllowedTransformations(ctx context.Context, transformations ...string) ([]string, error)
	DynamicValues(ctx context.Context, fieldID string, max int) ([]string, error)
	Marked(ctx context.Context, mark string) (bool, error)
	LeaveMark(ctx context.Context, mark string) error
}

// New makes an Editor.
func New(objects catalog.Objects, l Library) *Editor {
	return &Editor{objects: objects, library: l}
}

// Request is a call. Path is what stands for the variable parts of its path.
type Request struct {
	Context context.Context
	Params  wire.Params
	Path    []string
	Links   wire.Links
	// Status is what the answer has; zero is 200.
	Status int
}

// attempts is how often a change is made anew that other writers get in the way of.
const attempts = 5

// listed are the objects of a kind, the oldest first.
func listed[T v1alpha1.Configuration](e *Editor, r *Request, kind catalog.Kind) ([]T, error) {
	objects, err := e.objects.List(r.Context, kind)
	if err != nil {
		return nil, problem.Unavailable("The configuration", err)
	}
	var all []T
	for _, object := range objects {
		if typed, ok := object.(T); ok {
			all = append(all, typed)
		}
	}
	return all, nil
}

// all are the objects of a kind, the oldest first, of those with the same name the oldest only.
func all[T v1alpha1.Configuration](e *Editor, r *Request, kind catalog.Kind) ([]T, error) {
	objects, err := listed[T](e, r, kind)
	seen := map[string]bool{}
	return slices.DeleteFunc(objects, func(object T) bool {
		repeated := seen[object.ExternalName()]
		seen[object.ExternalName()] = true
		return repeated
	}), err
}

// find is the oldest object of that external name; the problem is missing when there is none.
func find[T v1alpha1.Configuration](e *Editor, r *Request, kind catalog.Kind, name string, missing *problem.Problem) (found T, err error) {
	return findBy(e, r, kind, T.ExternalName, name, missing)
}

// findBy is the oldest object with that key; the problem is missing when there is none.
func findBy[T v1alpha1.Configuration](e *Editor, r *Request, kind catalog.Kind, key func(T) string, wanted string, missing *problem.Problem) (found T, err error) {
	objects, err := listed[T](e, r, kind)
	if err != nil {
		return found, err
	}
	for _, object := range objects {
		if key(object) == wanted {
			return object, nil
		}
	}
	return found, missing
}

// create stores object under a name that its external name makes. taken is the problem when there is one like it.
func create[T v1alpha1.Configuration](e *Editor, r *Request, kind catalog.Kind, object T, check func(T) field.ErrorList, taken *problem.Problem) error {
	if errs := faults(object, check); len(errs) > 0 {
		return invalid(errs)
	}
	objects, err := all[T](e, r, kind)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(objects, func(other T) bool { return other.ExternalName() == object.ExternalName() }) {
		return taken
	}
	if object.GetName() == "" {
		object.SetName(catalog.ObjectName(e.objects.Reference().Name, object.ExternalName()))
	}
	err = e.objects.Create(r.Context, object)
	if errors.Is(err, catalog.ErrExists) {
		return taken
	}
	return failed(err, taken)
}

// change reads the object of that external name, changes and stores it, again when somebody else was faster.
func change[T v1alpha1.Configuration](e *Editor, r *Request, kind catalog.Kind, name string, check func(T) field.ErrorList, missing *problem.Problem, edit func(T) error) (T, error) {
	return changeBy(e, r, kind, T.ExternalName, name, check, missing, edit)
}

// changeBy is change for an object that another key names.
func changeBy[T v1alpha1.Configuration](e *Editor, r *Request, kind catalog.Kind, key func(T) string, wanted string, check func(T) field.ErrorList, missing *problem.Problem, edit func(T) error) (T, error) {
	var object T
	var err error
	for range attempts {
		if object, err = findBy(e, r, kind, key, wanted, missing); err != nil {
			return object, err
		}
		if err = edit(object); err != nil {
			return object, err
		}
		if errs := faults(object, check); len(errs) > 0 {
			return object, invalid(errs)
		}
		if err = e.objects.Update(r.Context, object); !errors.Is(err, catalog.ErrChanged) {
			break
		}
	}
	return object, failed(err, missing)
}

// remove deletes the object of that external name, and gives what it was.
func remove[T v1alpha1.Configuration](e *Editor, r *Request, kind catalog.Kind, name string, missing *problem.Problem) (T, error) {
	return removeBy(e, r, kind, T.ExternalName, name, missing)
}

// removeBy is remove for an object that another key names.
func removeBy[T v1alpha1.Configuration](e *Editor, r *Request, kind catalog.Kind, key func(T) string, wanted string, missing *problem.Problem) (T, error) {
	object, err := findBy(e, r, kind, key, wanted, missing)
	if err != nil {
		return object, err
	}
	return object, failed(e.objects.Delete(r.Context, object), missing)
}

// failed types what went wrong with a write.
func failed(err error, missing *problem.Problem) error {
	if managed, ok := errors.AsType[*catalog.ManagedError](err); ok {
		return problem.Conflict("%s", managed.Error())
	}
	if refused, ok := errors.AsType[*catalog.RefusedError](err); ok {
		return problem.BadRequest("%s", refused.Reason)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, catalog.ErrGone):
		return missing
	case errors.Is(err, catalog.ErrChanged):
		return problem.Conflict("The configuration is being changed by somebody else, try again")
	}
	return problem.Unavailable("The configuration", err)
}

// faults are why an object would not be in use. Streaming profiles are kept and shown before videos are streamed.
func faults[T v1alpha1.Configuration](object T, check func(T) field.ErrorList) field.ErrorList {
	errs := check(object)
	if _, streams := v1alpha1.Configuration(object).(*v1alpha1.StreamingProfile); !streams {
		errs = append(errs, rules.Unsupported(object)...)
	}
	return errs
}

// invalid names what a spec lacks or has wrong, by the names that its fields have in the APIs.
func invalid(errs field.ErrorList) error {
	texts := make([]string, len(errs))
	for i, err := range errs {
		name := snake(strings.TrimPrefix(err.Field, "spec."))
		if name == "default_value" || strings.HasPrefix(name, "default_value.") {
			return problem.BadRequest("default_value is invalid").Because(err)
		}
		spoken := *err
		spoken.Detail = identifier.ReplaceAllStringFunc(err.Detail, snake)
		texts[i] = name + ": " + spoken.ErrorBody()
	}
	return problem.BadRequest("%s", strings.Join(texts, "; "))
}

// identifier is the name of a field as specs spell it, such as applyValue.
var identifier = regexp.MustCompile(`\b[a-z]+(?:[A-Z][A-Za-z]*)\b`)

// snake writes camelCase as snake_case.
func snake(path string) string {
	var b strings.Builder
	for i, r := range path {
		if unicode.IsUpper(r) && i > 0 && !unicode.IsUpper(rune(path[i-1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// required is the value of a parameter that must be there.
func required(r *Request, name string) (string, error) {
	value := r.Params.String(name)
	if value == "" {
		return "", problem.BadRequest("Missing required parameter - %s", name)
	}
	return value, nil
}

// externalID is the opaque ID of an object.
func externalID(object v1alpha1.Configuration) string {
	return strings.ReplaceAll(string(object.GetUID()), "-", "")
}

// randomName is an ID that nobody has chosen.
func randomName() string {
	var random [12]byte
	_, _ = rand.Read(random[:]) // never fails, by its contract
	return hex.EncodeToString(random[:])
}

// maxResults bounds a page, pageSize is its default size.
const maxResults, pageSize = 500, 10

// position is where a page of a list has ended. Clients see an opaque string.
type position struct {
	// List is the list and its order, Key that of the last item of the page.
	List string `json:"l"`
	Key  string `json:"k"`
}

// page is the part of items, ordered by their keys, that the request asks for, and the cursor of the next page, empty at
// the end. Direction turns the order around; list names the list and how it is ordered.
func page[T any](r *Request, list string, items []T, key func(T) string) ([]T, string, error) {
	down, err := descending(r)
	if err != nil {
		return nil, "", err
	}
	order := func(a, b string) int {
		if down {
			a, b = b, a
		}
		return cmp.Compare(a, b)
	}
	size, err := r.Params.Int("max_results", pageSize, 1, maxResults)
	if err != nil {
		return nil, "", err
	}
	if down {
		list += " down"
	}
	slices.SortStableFunc(items, func(a, b T) int { return order(key(a), key(b)) })
	if cursor := r.Params.String("next_cursor"); cursor != "" {
		var after position
		text, err := base64.RawURLEncoding.DecodeString(cursor)
		if err != nil || json.Unmarshal(text, &after) != nil {
			return nil, "", problem.BadRequest("Invalid value for parameter next_cursor: it is damaged")
		}
		if after.List != list {
			return nil, "", problem.BadRequest("Invalid value for parameter next_cursor: it belongs to another query")
		}
		items = slices.DeleteFunc(items, func(item T) bool { return order(key(item), after.Key) <= 0 })
	}
	if len(items) <= size {
		return items, "", nil
	}
	text, err := json.Marshal(position{List: list, Key: key(items[size-1])})
	if err != nil {
		return nil, "", err
	}
	return items[:size], base64.RawURLEncoding.EncodeToString(text), nil
}

// descending reads the direction of an order.
func descending(r *Request) (bool, error) {
	switch direction := r.Params.String("direction"); direction {
	case "", "asc", "1":
		return false, nil
	case "desc", "-1":
		return true, nil
	default:
		return false, problem.BadRequest("Invalid direction %q: asc and desc are allowed", wire.Printable(direction))
	}
}

// updatedAt is when the object was written last, its status aside.
func updatedAt(object v1alpha1.Configuration) time.Time {
	last := object.GetCreationTimestamp().Time
	for _, entry := range object.GetManagedFields() {
		if entry.Subresource == "" && entry.Time != nil && entry.Time.After(last) {
			last = entry.Time.Time
		}
	}
	return last
}

// paged adds the cursor where there is one.
func paged(answer wire.Object, next string) wire.Object {
	if next != "" {
		answer["next_cursor"] = next
	}
	return answer
}
