package compare

import (
	"bufio"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// maxLine bounds a line of a list.
const maxLine = 1 << 20

// Path is what follows the address of the old cloud in a URL, or in the path of one. ok is false for a URL of another host.
func (o *Options) Path(text string) (path string, ok bool) {
	if rest, is := strings.CutPrefix(text, o.Old); is && strings.HasPrefix(rest, "/") {
		return rest, len(rest) > 1
	}
	base, err := url.Parse(o.Old)
	if err != nil {
		return "", false
	}
	if strings.Contains(text, "://") {
		// The other scheme leads to the same cloud.
		_, text, _ = strings.Cut(text, "://")
		host, rest, _ := strings.Cut(text, "/")
		if !strings.EqualFold(host, base.Host) {
			return "", false
		}
		text = "/" + rest
	}
	if rest, is := strings.CutPrefix(text, base.EscapedPath()); is && strings.HasPrefix(rest, "/") {
		return rest, len(rest) > 1
	}
	return "", false
}

// Read finds the paths in a list of URLs or in the log of a server: in each line the first word that is a URL of the old
// cloud, or a path of one. Each is taken once. The error says when there are none.
func (o *Options) Read(list io.Reader) ([]string, error) {
	var paths []string
	seen, lines := map[string]bool{}, 0
	scanner := bufio.NewScanner(list)
	scanner.Buffer(nil, maxLine)
	for scanner.Scan() {
		lines++
		for word := range strings.FieldsSeq(scanner.Text()) {
			path, ok := o.Path(strings.Trim(word, `"'<>,`))
			if !ok {
				continue
			}
			if !seen[path] {
				seen[path] = true
				paths = append(paths, path)
			}
			break
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("reading the list: %w", err)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("none of the %d lines of the list holds a URL of %s", lines, o.Old)
	}
	return paths, nil
}
