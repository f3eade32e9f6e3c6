package transform

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/darkroom-media/darkroom/renderer/problem"
)

const (
	assetImage = "image"
	assetVideo = "video"
	assetRaw   = "raw"

	typeUpload        = "upload"
	typePrivate       = "private"
	typeAuthenticated = "authenticated"
	typeFetch         = "fetch"
)

// maxPath bounds the length of a delivery path, in bytes.
const maxPath = 8 << 10

// suffixRule says what a form of URL thinks of SEO suffixes.
type suffixRule int

const (
	suffixNone suffixRule = iota
	suffixAllowed
	suffixExpected
)

// alias is a short form of asset type and delivery type in one segment.
type alias struct {
	assetType, deliveryType string
	suffix                  suffixRule
}

func aliasFor(segment string) (alias, bool) {
	switch segment {
	case "iu":
		return alias{assetImage, typeUpload, suffixAllowed}, true
	case "images":
		return alias{assetImage, typeUpload, suffixExpected}, true
	case "private_images":
		return alias{assetImage, typePrivate, suffixExpected}, true
	case "authenticated_images":
		return alias{assetImage, typeAuthenticated, suffixExpected}, true
	case "videos":
		return alias{assetVideo, typeUpload, suffixExpected}, true
	case "files":
		return alias{assetRaw, typeUpload, suffixExpected}, true
	}
	return alias{}, false
}

// knownDeliveryType tells whether an asset type can be delivered by a delivery type.
func knownDeliveryType(assetType, deliveryType string) bool {
	switch deliveryType {
	case typeUpload, typePrivate, typeAuthenticated, typeFetch, "list", "asset":
		return true
	case "multi", "sprite", "text", "facebook", "twitter", "twitter_name", "gravatar", "instagram_name",
		"google_plus", "youtube", "vimeo", "dailymotion", "hulu", "animoto", "worldstarhiphop":
		return assetType == assetImage
	}
	return false
}

// IsDeliveryType tells whether name is a delivery type of the asset type, so that /<assetType>/<name>/… is a delivery path.
func IsDeliveryType(assetType, name string) bool { return knownDeliveryType(assetType, name) }

// ParsePath takes the path of a delivery URL apart. escapedPath is what follows the cloud name, still
// percent-encoded: "/image/upload/c_fill,w_100/v1/a/b.jpg". It does not look at what the transformation means.
// The error is a *problem.Problem: 404 for a path that addresses nothing, 400 for one that cannot be decoded,
// 414 for one that is too long.
func ParsePath(escapedPath string) (*Address, error) {
	if len(escapedPath) > maxPath {
		return nil, &problem.Problem{Status: http.StatusRequestURITooLong, Message: "URL is too long"}
	}
	rest := reader{path: escapedPath}
	form, err := readForm(&rest)
	if err != nil {
		return nil, err
	}
	address := &Address{AssetType: form.assetType, Type: form.deliveryType}
	if segment, ok := rest.peek(); ok {
		if signature, ok := parseSignature(segment); ok {
			address.Signature = signature
			rest.next()
		}
	}
	var components []string
	for rest.more() {
		segment, _ := rest.peek()
		if version, ok := parseVersion(segment); ok {
			address.Version = version
			rest.next()
			continue // no public ID begins like a version, so that another one is one, too
		}
		if address.Version != "" || !looksLikeComponent(segment) {
			break
		}
		components = append(components, segment)
		rest.next()
	}
	address.Transformation = strings.Join(components, "/")
	if err := address.readSource(&rest, form.suffix); err != nil {
		return nil, err
	}
	return address, nil
}

// readForm reads the asset type and delivery type, in whichever of the forms they are written.
func readForm(rest *reader) (alias, error) {
	segment, ok := rest.peek()
	if !ok {
		return alias{}, problem.NotFound("Resource not found - %s", shown(rest.path))
	}
	if short, ok := aliasFor(segment); ok {
		rest.next()
		if next, ok := rest.peek(); ok && next == typeUpload && (segment == "images" || segment == "videos") && rest.more() {
			rest.next()
		}
		return short, nil
	}
	if segment != assetImage && segment != assetVideo && segment != assetRaw {
		return alias{assetImage, typeUpload, suffixAllowed}, nil
	}
	rest.next()
	deliveryType, ok := rest.peek()
	if !ok {
		return alias{}, problem.NotFound("Resource not found - %s", shown(segment))
	}
	if !knownDeliveryType(segment, deliveryType) {
		return alias{}, problem.NotFound("Unknown delivery type - %s", shown(deliveryType))
	}
	rest.next()
	return alias{segment, deliveryType, suffixNone}, nil
}

// readSource reads what is left of the path: the public ID or the URL to fetch.
func (a *Address) readSource(rest *reader, suffix suffixRule) error {
	if a.Type == typeFetch {
		a.Source = restoreScheme(rest.remainder())
		url, err := decodeID(a.Source)
		if err != nil {
			return err
		}
		a.PublicID = restoreScheme(url)
		if scheme, _, ok := strings.Cut(strings.ToLower(a.PublicID), "://"); !ok || scheme != "http" && scheme != "https" {
			return problem.BadRequest("Invalid URL for fetch - %s", shown(a.PublicID))
		}
		return nil
	}
	segments := rest.all()
	if len(segments) == 0 {
		return problem.NotFound("Resource not found - ")
	}
	path := strings.Join(segments, "/")
	id, ext := splitExtension(path)
	if suffix == suffixNone || len(segments) < 2 {
		return a.setSource(path, id, ext)
	}
	last := segments[len(segments)-1]
	name, _ := splitExtension(last)
	if strings.ContainsAny(unescape(name), "./") {
		return a.setSource(path, id, ext)
	}
	shorter := strings.Join(segments[:len(segments)-1], "/")
	shorterPath := shorter
	if ext != "" {
		shorterPath += "." + ext
	}
	if suffix == suffixExpected {
		if err := a.setSource(shorterPath, shorter, ext); err != nil {
			return err
		}
		return a.setAlternate(path, id)
	}
	if err := a.setSource(path, id, ext); err != nil {
		return err
	}
	return a.setAlternate(shorterPath, shorter)
}

// setSource sets the asset that is addressed. All arguments are percent-encoded; source is id with ext.
func (a *Address) setSource(source, id, ext string) error {
	a.Source = source
	if a.AssetType == assetRaw {
		id, ext = source, ""
	}
	a.Ext = strings.ToLower(ext)
	var err error
	a.PublicID, err = decodeID(id)
	return err
}

// setAlternate sets the second reading and, since there are two, the suffix that one of them has.
func (a *Address) setAlternate(source, id string) error {
	if a.AssetType == assetRaw {
		id = source
	}
	decoded, err := decodeID(id)
	if err != nil {
		return err
	}
	a.AlternateID, a.AlternateSource = decoded, source
	longer := a.AlternateSource
	if len(a.Source) > len(longer) {
		longer = a.Source
	}
	name, _ := splitExtension(longer[strings.LastIndexByte(longer, '/')+1:])
	a.Suffix = unescape(name)
	return nil
}

// decodeID decodes a public ID or URL, once.
func decodeID(escaped string) (string, error) {
	decoded := unescape(escaped)
	if malformedEscape(escaped) || !printable(decoded) {
		return "", problem.BadRequest("Invalid public ID - %s", shown(escaped))
	}
	return decoded, nil
}

// splitExtension cuts the extension off the last segment of a path. What follows the last dot is an extension
// when it is made of a few letters and digits and something stands before the dot.
func splitExtension(path string) (id, ext string) {
	dot := strings.LastIndexByte(path, '.')
	if dot <= strings.LastIndexByte(path, '/')+1 || !isExtension(path[dot+1:]) {
		return path, ""
	}
	return path[:dot], path[dot+1:]
}

func isExtension(s string) bool {
	if s == "" || len(s) > 8 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !isLetter(s[i]) && !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// restoreScheme gives a URL the two slashes after its scheme back that proxies collapse into one.
func restoreScheme(url string) string {
	for _, scheme := range []string{"http:/", "https:/"} {
		if len(url) > len(scheme) && strings.EqualFold(url[:len(scheme)], scheme) && url[len(scheme)] != '/' {
			return url[:len(scheme)] + "/" + url[len(scheme):]
		}
	}
	return url
}

// parseSignature reads s--XXXXXXXX-- with 8 or 32 characters.
func parseSignature(segment string) (string, bool) {
	signature, ok := strings.CutPrefix(segment, "s--")
	if !ok {
		return "", false
	}
	if signature, ok = strings.CutSuffix(signature, "--"); !ok || len(signature) != 8 && len(signature) != 32 {
		return "", false
	}
	for i := 0; i < len(signature); i++ {
		if c := signature[i]; !isLetter(c) && !isDigit(c) && c != '-' && c != '_' {
			return "", false
		}
	}
	return signature, true
}

// parseVersion reads v123.
func parseVersion(segment string) (string, bool) {
	if len(segment) < 2 || segment[0] != 'v' {
		return "", false
	}
	for i := 1; i < len(segment); i++ {
		if !isDigit(segment[i]) {
			return "", false
		}
	}
	return segment[1:], true
}

// looksLikeComponent tells whether every piece of a segment has the form of a parameter or an assignment.
func looksLikeComponent(segment string) bool {
	pieces := piecesOf(segment)
	for _, piece := range pieces {
		if strings.HasPrefix(piece, "$") {
			continue
		}
		if key, value := splitPiece(piece); key == "" || value == "" {
			return false
		}
	}
	return len(pieces) > 0
}

// splitPiece cuts key_value where key is one to three lower-case letters; else both are empty.
func splitPiece(piece string) (key, value string) {
	for i := 0; i < len(piece) && i <= 3; i++ {
		if piece[i] == '_' && i > 0 {
			return piece[:i], piece[i+1:]
		}
		if piece[i] < 'a' || piece[i] > 'z' {
			break
		}
	}
	return "", ""
}

// printable tells whether a decoded string is UTF-8 without control characters.
func printable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// reader reads a path segment by segment, skipping empty ones.
type reader struct {
	path string
	at   int
}

// peek gives the next segment.
func (r *reader) peek() (string, bool) {
	for r.at < len(r.path) && r.path[r.at] == '/' {
		r.at++
	}
	if r.at == len(r.path) {
		return "", false
	}
	segment, _, _ := strings.Cut(r.path[r.at:], "/")
	return segment, true
}

// next steps over the next segment.
func (r *reader) next() {
	if segment, ok := r.peek(); ok {
		r.at += len(segment)
	}
}

// more tells whether something follows the next segment.
func (r *reader) more() bool {
	ahead := *r
	ahead.next()
	_, ok := ahead.peek()
	return ok
}

// remainder is everything from the next segment on, as written.
func (r *reader) remainder() string {
	r.peek()
	return r.path[r.at:]
}

// all reads the remaining segments.
func (r *reader) all() []string {
	var segments []string
	for {
		segment, ok := r.peek()
		if !ok {
			return segments
		}
		segments = append(segments, segment)
		r.next()
	}
}
