package delivery

import (
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/darkroom-media/darkroom/renderer/catalog"
	"github.com/darkroom-media/darkroom/renderer/derive"
	"github.com/darkroom-media/darkroom/renderer/library"
	"github.com/darkroom-media/darkroom/renderer/problem"
	"github.com/darkroom-media/darkroom/renderer/sign"
	"github.com/darkroom-media/darkroom/renderer/transform"
)

// route is what a path means under one snapshot of the catalog: everything about a request that depends neither on
// the library nor on its headers.
type route struct {
	snapshot *catalog.Snapshot
	address  *transform.Address
	plan     *transform.Plan
	// canonical is the plan's canonical text.
	canonical string
	// signed says that the URL carries a valid signature.
	signed bool
	// stored says that the plan asks for nothing but the stored bytes, a format aside.
	stored bool
	// attachment is the fl_attachment of the plan.
	attachment *attachment
	// names are the assets that the address may mean, placeholders those that d_ may mean, in order.
	names, placeholders []name
	// layers are the assets that layers show, for each what it may mean, in order.
	layers [][]library.Key
	// memories are the answers that are remembered, by variant.
	memories [variants]atomic.Pointer[memory]
	// misread is why the transformation could not be read as it stands, when the address is the lenient reading in
	// which folders that look like components belong to the public ID. It is the answer unless that asset exists.
	misread error
	// vary names the request headers that the answer depends on.
	vary string
	// remote says that the asset's bytes come from elsewhere.
	remote bool
	// demands is what a request is refused that is not authorised; nil when the answer is for everybody.
	demands error
	// classPrefix begins the class names of a style sheet.
	classPrefix string
	// tag selects the images that a file of type multi or sprite is made of.
	tag string
	// sheet is how the URL names the sheet of a sprite: the last part of its path, without the extension.
	sheet string
	// choice is the function that chooses from a list by tag; the plan is without it.
	choice *transform.Function
	// chosen says that the asset was chosen from a list, and may be another one soon.
	chosen bool
	// explain says that the plan is to be explained, not delivered.
	explain bool
}

// segments that may begin a path after the cloud name (section 3 of the contract).
var assetSegments = [...]string{"image", "video", "raw", "iu", "images", "private_images", "authenticated_images", "videos", "files"}

// resolve reads the path of a request, or remembers it.
func (h *Handler) resolve(r *http.Request, snapshot *catalog.Snapshot) (*route, error) {
	path := rawPath(r)
	mapped := isMapped(&snapshot.Environment, r.Host)
	key := routeKey{path: path, mapped: mapped}
	if known := h.routes.get(key); known != nil && known.snapshot == snapshot {
		return known, nil
	}
	made, err := newRoute(snapshot, path, mapped)
	if err != nil {
		return nil, err
	}
	h.routes.put(key, made)
	return made, nil
}

func newRoute(snapshot *catalog.Snapshot, path string, mapped bool) (*route, error) {
	rest, err := stripCloud(&snapshot.Environment, path, mapped)
	if err != nil {
		return nil, err
	}
	rest, explain := cutExplain(rest)
	address, err := transform.ParsePath(rest)
	if err != nil {
		return nil, err
	}
	made := &route{snapshot: snapshot, address: address, explain: explain}
	if err := made.verify(); err != nil {
		return nil, err
	}
	if err = made.read(); err == nil {
		return made, nil
	}
	if lenient := made.address.WithFolders(); lenient != nil {
		// The signature stays valid: what is signed is the same string.
		made.address, made.misread = lenient, err
		if made.read() == nil {
			return made, nil
		}
	}
	return nil, err
}

// read parses the transformation of the address and fills in what follows from it.
func (r *route) read() (err error) {
	if err := r.checkType(); err != nil {
		return err
	}
	r.plan, err = transform.Parse(r.address.Transformation, func(name string) (string, bool) {
		named, ok := r.snapshot.Transformations[name]
		return named.Transformation, ok
	})
	if err != nil {
		return err
	}
	if err := r.readChoice(); err != nil {
		return err
	}
	r.tag = r.address.PublicID
	if r.address.Type == typeSprite {
		r.readSprite()
	}
	return r.settle()
}

// settle fills in what follows from the address and the plan.
func (r *route) settle() error {
	r.attachment = attachmentOf(r.plan)
	r.stored = asksForStored(r.plan)
	if err := r.plan.SetDefaultQuality(r.snapshot.Environment.DefaultQuality); err != nil {
		return err
	}
	r.canonical = r.plan.String()
	r.demands = r.demand()
	r.layers = derive.Shown(r.plan)
	r.vary = varyOf(r.plan)
	r.names = namesOf(r.address, r.remote)
	r.placeholders = placeholdersOf(r.address, r.plan)
	return nil
}

// rawPath is the path exactly as it was sent: signatures are over the bytes of the URL.
func rawPath(r *http.Request) string {
	if path := r.RequestURI; strings.HasPrefix(path, "/") {
		if i := strings.IndexAny(path, "?#"); i >= 0 {
			path = path[:i]
		}
		return path
	}
	return r.URL.EscapedPath()
}

// isMapped tells whether host addresses the environment without a cloud segment.
func isMapped(environment *catalog.Environment, host string) bool {
	if len(environment.Hosts) == 0 {
		return false
	}
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	return slices.ContainsFunc(environment.Hosts, func(mapped string) bool {
		return strings.EqualFold(mapped, name) || strings.EqualFold(mapped, host) || strings.EqualFold(mapped, unsharded(name))
	})
}

// shard is what SDKs that spread pictures over five hosts put into the name: a3.<host>, res-3.<rest>, <cloud>-res-3.<rest>.
var shard = regexp.MustCompile(`^(?i:a[1-5]\.|((?:[a-z0-9_-]+-)?res)-[1-5](\.))`)

// unsharded is the host without its shard.
func unsharded(host string) string { return shard.ReplaceAllString(host, "$1$2") }

// stripCloud takes the cloud segment off, which a mapped host may leave out.
func stripCloud(environment *catalog.Environment, path string, mapped bool) (string, error) {
	trimmed := strings.TrimLeft(path, "/")
	if after, ok := strings.CutPrefix(trimmed, "res/"); ok && !mapped && !environment.IsCloud("res") {
		// SDKs write /res/<cloud> for cloud names that begin with a slash.
		trimmed = strings.TrimLeft(after, "/")
	}
	cloud, rest, _ := strings.Cut(trimmed, "/")
	if mapped {
		next, _, _ := strings.Cut(strings.TrimLeft(rest, "/"), "/")
		if environment.IsCloud(cloud) && slices.Contains(assetSegments[:], next) {
			return "/" + rest, nil
		}
		return "/" + trimmed, nil
	}
	if !environment.IsCloud(cloud) {
		return "", problem.Unauthorized("%s", strings.TrimSpace("Unknown customer "+cloud))
	}
	return "/" + rest, nil
}

// verify checks the signature of the URL, if it has one, against every enabled key. A signature that is there and
// wrong always fails, also where none is needed. Of an address with two readings the signature covers one: the other
// is given up, so that a signature never opens an asset that it was not made for.
func (r *route) verify() error {
	address := r.address
	if address.Signature == "" {
		return nil
	}
	verifies := func(source string) bool {
		for _, key := range r.snapshot.Keys {
			if sign.VerifyDelivery(address.Signature, address.Transformation, source, key.APISecret) {
				return true
			}
		}
		return false
	}
	covered := *address
	switch {
	case verifies(address.Source):
		covered.AlternateID, covered.AlternateSource = "", ""
	case address.AlternateID != "" && verifies(address.AlternateSource):
		covered.PublicID, covered.Source = address.AlternateID, address.AlternateSource
		covered.AlternateID, covered.AlternateSource = "", ""
	default:
		return problem.Unauthorized("Invalid signature")
	}
	r.address, r.signed = &covered, true
	return nil
}

// routesPerGeneration bounds the routes that are remembered, to twice this number.
const routesPerGeneration = 4096

type routeKey struct {
	path   string
	mapped bool
}

// routes remembers routes in two generations: when the young one is full it becomes the old one, and what is asked
// for again moves back.
type routes struct {
	mu         sync.Mutex
	young, old map[routeKey]*route
}

func newRoutes() *routes { return &routes{young: make(map[routeKey]*route)} }

func (c *routes) get(key routeKey) *route {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.young[key]; ok {
		return known
	}
	known, ok := c.old[key]
	if ok {
		key.path = strings.Clone(key.path) // It may be part of a longer text.
		c.insert(key, known)
	}
	return known
}

func (c *routes) put(key routeKey, made *route) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.insert(key, made)
}

func (c *routes) insert(key routeKey, known *route) {
	if len(c.young) >= routesPerGeneration {
		c.old, c.young = c.young, make(map[routeKey]*route)
	}
	c.young[key] = known
}
